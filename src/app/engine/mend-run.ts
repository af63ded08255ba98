import { join } from "node:path";
import { wholeAgain } from "../../domain/criteria.ts";
import { effect } from "../../host/effects.ts";
import { isChantError } from "../../kit/errors.ts";
import { readBytesIfExists, readIfExists, statIfExists, writeAtomic } from "../../host/files.ts";
import { parseCommit } from "../../git/commit.ts";
import { copyIndex } from "../../git/copy-index.ts";
import { isWhole, lastWhole, reflogOf } from "../../git/damage.ts";
import { putAsideTorn } from "../../git/loose-object.ts";
import { contentBeside, stagedTree } from "../../git/facts.ts";
import { takeInLost } from "../../git/lost-blobs.ts";
import { looseRef } from "../../git/refs.ts";
import { type Shadow, shadowAt, worktreePlace } from "../../git/shadow.ts";
import { restoreCommitted, restoreTorn } from "../../git/torn-files.ts";
import { specPath } from "../../store/places.ts";
import { afterLoss, endByLoss } from "./go-on.ts";
import type { Engine } from "./engine.ts";
import { endFile, preparedFile, writeJson } from "./launch.ts";
import { readEnd } from "./launch-files.ts";
import { type RunRecord, runFolder } from "./record.ts";
import { noteWords } from "./run-log.ts";

/** Something of a run that names a commit: its branch, another one that its worktree is on, or the worktree's HEAD. */
interface Spot {
  /** The full name of a branch, or "HEAD". */
  readonly ref: string;
  /** Undefined when what it holds is torn itself. */
  readonly tip: string | undefined;
}

/**
 * Puts what names a damaged commit in a run back to the last commit that is whole. What the worktree holds stays as it is:
 * of what it can be made of again, nothing is lost. Returns the record as it goes on then, after `keep` has written it.
 * Only for a run of which no agent is at work.
 */
export async function mendRun(
  engine: Engine,
  record: RunRecord,
  keep: (mended: RunRecord) => Promise<void>,
): Promise<RunRecord> {
  const { repo, reader, places, clock } = engine;
  const { id, base, launch } = record;
  if (base === undefined || launch === 0) return record;
  const isDamaged = async ({ tip }: Spot): Promise<boolean> =>
    tip === undefined || !(await isWhole(repo, tip, base));
  const look = async (): Promise<readonly Spot[]> => {
    const found: Spot[] = [];
    for (const spot of await spotsOf(engine, record)) if (await isDamaged(spot)) found.push(spot);
    return found;
  };
  if ((await look()).length === 0) return record;
  await putAsideTorn(repo, places.torn, 0);
  await mendWorktree(engine, record);
  // What the worktree still holds may have been all that was missing.
  const spots = await look();
  if (spots.length === 0) return record;
  const ends = await tipsOfEnds(engine, record);
  const known = [record.tip, ...ends, base];
  let mended = record;
  const backs: (Spot & { readonly back: string })[] = [];
  for (const { ref, tip } of spots) {
    const gitDir = ref === "HEAD" ? (record.adminDir ?? repo.commonDir) : repo.commonDir;
    const reflogs = [reflogOf(gitDir, ref)];
    const back = (await lastWhole(repo, reader, { tip, reflogs, known, since: base, from: base })) ?? base;
    backs.push({ ref, tip, back });
    mended = afterLoss(mended, { commit: tip, back, atMs: clock.nowMs() });
  }
  // First: cut off here, the branch is still damaged, and all of it is done again.
  await keep(mended);
  const file = endFile(runFolder(places, record), launch);
  const { damaged } = mended;
  const hasNoEnd = record.phase === "running" && (await statIfExists(file)) === undefined;
  if (damaged !== undefined && hasNoEnd) {
    await effect("runner.end", () => writeJson(file, endByLoss(record, damaged)));
  }
  for (const { ref, tip, back } of backs) await putBack(engine, record, { ref, tip }, back);
  const commits = backs.map(({ tip = "its branch" }) => tip.slice(0, 12)).join(", ");
  const words = `a loss of power damaged ${commits}; the branch is back at ${mended.damaged?.back.slice(0, 12) ?? ""}, the last commit that is whole`;
  noteWords(places, id, clock.nowMs(), words);
  engine.emit({ kind: "warning", id, message: `${words}.` });
  return mended;
}

/**
 * Makes whole again what git keeps of a worktree after a loss of power: torn files, objects that it holds, its index.
 * Returns what it holds then, as a tree; undefined where there is none, or git cannot take it in.
 */
export async function mendWorktree(engine: Engine, record: RunRecord): Promise<string | undefined> {
  const { repo, places, reader } = engine;
  const { worktree, adminDir, branch, launch, base } = record;
  if (worktree === undefined || adminDir === undefined || launch === 0) return undefined;
  const folder = runFolder(places, record);
  const needed = [join(worktree, ".git"), preparedFile(folder), adminDir].map(statIfExists);
  const isLeaving = (await statIfExists(join(folder, "removing"))) !== undefined;
  if (isLeaving || (await Promise.all(needed)).includes(undefined)) return undefined;
  const head = ((await readIfExists(join(adminDir, "HEAD"))) ?? "").trim();
  if (!/^(?:ref: refs\/.+|[0-9a-f]{40,64})$/.test(head)) {
    await writeAtomic(join(adminDir, "HEAD"), `ref: refs/heads/${branch}\n`);
  }
  const shadow: Shadow = shadowAt(repo, join(folder, "shadow"));
  const { commit } = await reader.head(adminDir);
  const isSound = commit !== undefined && (await isWhole(repo, commit, base));
  if (isSound) await restoreCommitted(repo, shadow, worktree, commit);
  const known = record.spec ?? (await specIn(engine, isSound ? commit : base, record));
  if (known !== undefined) await restoreTicked(join(worktree, specPath(record.id)), known);
  await restoreTorn(repo, shadow, worktree, true);
  await takeInLost(repo, worktreePlace(shadow, repo, worktree));
  const content = await contentBeside(repo, shadow, worktree);
  const staged = await stagedTree(repo, shadow, { path: worktree, adminDir });
  if (staged === undefined && content.kind === "tree") {
    await copyIndex(join(shadow.gitDir, "beside"), join(adminDir, "index"));
  }
  return content.kind === "tree" ? content.tree : undefined;
}

async function specIn(
  { reader, trees }: Engine,
  commit: string | undefined,
  { id }: RunRecord,
): Promise<string | undefined> {
  if (commit === undefined) return undefined;
  const { tree } = parseCommit((await reader.require(commit)).content);
  const entry = await trees.find(tree, specPath(id));
  return entry === undefined ? undefined : (await reader.require(entry.oid)).content.toString("utf8");
}

/**
 * Writes a spec again of which an agent had ticked boxes when the power was lost, and that was cut off with it: to land
 * like that would take away what others wrote there.
 */
async function restoreTicked(file: string, known: string): Promise<void> {
  if ((await statIfExists(file))?.isFile() !== true) return;
  const begun = (await readBytesIfExists(file))?.toString("latin1");
  const whole = Buffer.from(known, "utf8").toString("latin1");
  const again = begun === undefined ? undefined : wholeAgain(begun, whole);
  if (again !== undefined) await writeAtomic(file, Buffer.from(again, "latin1"));
}

/** Where a run names commits, but for what others have: the target, and branches that are not there. */
async function spotsOf({ repo, reader }: Engine, record: RunRecord): Promise<readonly Spot[]> {
  const { branch, adminDir, target } = record;
  const own = `refs/heads/${branch}`;
  const head = adminDir === undefined ? undefined : (await readIfExists(join(adminDir, "HEAD")))?.trim();
  const other = /^ref: (refs\/heads\/.+)$/.exec(head ?? "")?.[1];
  const refs = new Set([own, ...(other === undefined || other === target ? [] : [other])]);
  const spots: Spot[] = [];
  for (const ref of refs) {
    const isTorn =
      (await statIfExists(join(repo.commonDir, ref)))?.isFile() === true &&
      (await looseRef(repo.commonDir, ref)) === undefined;
    const tip = isTorn ? undefined : await reader.resolve(ref);
    if (isTorn || tip !== undefined) spots.push({ ref, tip });
  }
  const detached = /^[0-9a-f]{40,64}$/.exec(head ?? "")?.[0];
  return detached === undefined ? spots : [...spots, { ref: "HEAD", tip: detached }];
}

/** What was judged at the ends of its launches, the newest first: that was flushed. */
async function tipsOfEnds({ places }: Engine, record: RunRecord): Promise<readonly string[]> {
  const tips: string[] = [];
  for (let number = record.launch; number > 0; number -= 1) {
    const end = await readEnd(runFolder(places, record), number).catch(() => undefined);
    if (end !== undefined) tips.push(end.tip);
  }
  return tips;
}

async function putBack(
  { repo, refs }: Engine,
  { adminDir }: RunRecord,
  { ref, tip }: Spot,
  back: string,
): Promise<void> {
  if (ref === "HEAD" && adminDir !== undefined) {
    return effect("runner.commit", () => writeAtomic(join(adminDir, "HEAD"), `${back}\n`));
  }
  const write = (): Promise<void> => writeAtomic(join(repo.commonDir, ref), `${back}\n`);
  // git refuses to move a ref that it cannot read.
  if (tip === undefined) return effect("runner.commit", write);
  try {
    await effect("runner.commit", () => refs.swap(ref, back, tip, "chant: the last commit that is whole"));
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED") || !error.message.includes(".lock'")) throw error;
    // A git that was killed has left its lock, which is for a person to remove: that is not to hold back everything.
    await effect("runner.commit", write);
  }
}
