import { isSpecId, type SpecId } from "../../domain/id.ts";
import { parseDuration } from "../../domain/period.ts";
import { isBroken } from "../../domain/spec.ts";
import { formatDuration } from "../../kit/text.ts";
import { commitTime } from "../../git/commit.ts";
import { isReadable } from "../../git/damage.ts";
import { branchTips, isAncestor, refsWith } from "../../git/refs.ts";
import { branchOfHead, checkoutsOf } from "../../git/repository.ts";
import { findLeftBehind } from "../engine/left-behind.ts";
import { discardBranch } from "../engine/keep.ts";
import type { Session } from "../engine/session.ts";
import type { CleanupStep } from "./finding.ts";
import { isOver } from "./over.ts";

/** A branch of somebody's own may begin as those of runs do. */
const isDated = (id: SpecId): boolean => /^\d{4}-\d{2}-\d{2}-[0-9a-z]{3,}-[0-9a-z]{3}(?:\.\d+)*$/.test(id);

/** Finds branches of runs that are over: whose work has landed, or that are past their time. */
export async function findBranches(session: Session): Promise<readonly CleanupStep[]> {
  const { engine, specsOf } = session;
  const { repo, config } = engine;
  const { deleteAfterMerge, retainUnmerged } = config.lifecycle.branches;
  const retentionMs = parseDuration(retainUnmerged) ?? Infinity;
  const nowMs = engine.clock.nowMs();
  const target = await branchOfHead(repo.gitDir);
  if (target === undefined) return [];
  const prefix = `refs/heads/${config.defaults.branchPrefix}`;
  const branches = (await branchTips(repo)).filter(
    ({ ref }) => ref.startsWith(prefix) && isSpecId(ref.slice(prefix.length)),
  );
  if (branches.length === 0) return [];
  const { shown, onTarget } = await specsOf(target).read();
  const isInProgress = (id: SpecId): boolean =>
    [shown.get(id), onTarget.get(id)].some(
      (spec) => spec !== undefined && (isBroken(spec) || spec.status === "in_progress"),
    );
  const lost = new Set((await findLeftBehind({ ...engine, nowMs })).map(({ id }) => id));
  const held = new Set((await checkoutsOf(repo)).map(({ branch }) => branch));
  const found: CleanupStep[] = [];
  for (const { ref, tip } of branches) {
    const id = ref.slice(prefix.length);
    const isKnown = shown.has(id) || onTarget.has(id) || isDated(id);
    const isInUse = held.has(ref) || lost.has(id) || isInProgress(id);
    if (!isKnown || isInUse || !(await isOver(engine, id))) continue;
    if (!(await isReadable(engine.reader, tip))) {
      found.push(damagedBranch({ ref, id, tip }));
      continue;
    }
    const atMs = commitTime((await engine.reader.require(tip)).content);
    const isMerged = await isAncestor(repo, tip, target);
    // Its history may have gone on to the target in another branch; the name alone is what the user asked to keep.
    if (isMerged ? !deleteAfterMerge : nowMs - atMs <= retentionMs) continue;
    const why = isMerged
      ? "its work is on the target"
      : `not merged, last commit ${formatDuration(nowMs - atMs)} ago`;
    // Other branches of runs may go as well, and so do snapshots: only what stays keeps a commit.
    const isSafe = async (): Promise<boolean> =>
      (await refsWith(repo, tip)).some((other) => !other.startsWith(prefix));
    const reason = "The commits of its branch, which was past its time.";
    const apply = discarding({ ref, id, tip }, reason, isSafe);
    found.push({ kind: "branch", name: ref, id, why, what: (await isSafe()) ? "remove" : "keep", apply });
  }
  return found;
}

interface RunBranch {
  readonly ref: string;
  readonly id: SpecId;
  readonly tip: string;
}

/** Whatever its age: the user's own git stops at it, and what can be kept of it is kept no better by waiting. */
function damagedBranch(branch: RunBranch): CleanupStep {
  const why = `damaged: an object of its commit ${branch.tip.slice(0, 12)} is torn or missing; what is whole of it is kept`;
  const apply = discarding(branch, "The commits of its branch that are whole.", async () => false);
  return { kind: "branch", name: branch.ref, id: branch.id, why, what: "keep", apply };
}

const discarding =
  (
    { ref, id, tip }: RunBranch,
    reason: string,
    isSafe: () => Promise<boolean>,
  ): NonNullable<CleanupStep["apply"]> =>
  ({ engine }) =>
    engine.kernelLock.hold(async () => {
      if (!(await isOver(engine, id)) || (await engine.reader.resolve(ref)) !== tip) return false;
      await discardBranch(engine, { id }, { ref, tip, isSafe: await isSafe(), reason });
      return true;
    });
