import type { Clock } from "../kit/clock.ts";
import type { SpecId } from "../domain/id.ts";
import type { Config } from "../domain/config.ts";
import type { Remedy } from "../domain/remains.ts";
import { type Action, plan } from "../domain/plan.ts";
import { isAlive } from "../host/identity.ts";
import { readIntent } from "../git/intent.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { isAncestor, readRef } from "../git/refs.ts";
import { branchOfHead, type Repository } from "../git/repository.ts";
import { Trees } from "../git/tree.ts";
import { archiveLocation, requireConfig } from "../store/config.ts";
import { readPidFile } from "../store/pid-file.ts";
import type { Places } from "../store/places.ts";
import { lookAtLaunch } from "./engine/begin.ts";
import type { Engine } from "./engine/engine.ts";
import { tickedHere } from "./engine/here.ts";
import { findLeftBehind } from "./engine/left-behind.ts";
import { readRecords, type RunRecord } from "./engine/record.ts";
import { staleLocks } from "./engine/recovery.ts";
import { Governor } from "./engine/governor.ts";
import { asksResult, type Facts, limitsOf, stateOf } from "./engine/run-state.ts";
import { overBudget } from "./engine/spending.ts";
import { SpecReader } from "./engine/world.ts";
import { pidFileOf } from "./watch.ts";
import type { Workspace } from "./workspace.ts";

/** Something that a watch would do if it started now. */
export type Intended =
  | Action
  | { readonly kind: "remove_pid_file"; readonly pid?: number }
  | { readonly kind: "remove_lock"; readonly id: SpecId; readonly pid: number }
  | { readonly kind: "finish_landing"; readonly branch: string }
  /** Do that about a run whose record is gone, by what is left of it. */
  | { readonly kind: "recover"; readonly id: SpecId; readonly path: string; readonly remedy: Recovered }
  /** Take over a run whose coordinator is gone. */
  | { readonly kind: "adopt"; readonly id: SpecId; readonly pid: number }
  /** Complete what was worked on in the checkout itself. */
  | { readonly kind: "finalize_here"; readonly id: SpecId };

/** What a watch does about such a run; in all other cases it leaves it as it is. */
export type Recovered = Exclude<Remedy, "wait" | "leave">;

/**
 * Returns what a watch that started now would do first. Only reads: no lock is taken, no file is written, and what a
 * watch would settle by claiming it is judged as it stands.
 */
export async function watchDryRun({ repo, places }: Workspace, clock: Clock): Promise<readonly Intended[]> {
  const { config } = await requireConfig(places);
  const records = [...(await readRecords(places)).values()].filter(isLeft);
  using reader = new ObjectReader(repo);
  const facts = readOnlyFacts(repo, places, { config, reader, trees: new Trees(repo, reader) });
  const runs = await Promise.all(
    records.map((record) =>
      stateOf(facts, { record, launchedMs: undefined, dueMs: 0, tries: 0, end: undefined }),
    ),
  );
  const actions = plan({
    runs,
    slots: config.parallel.max,
    nowMs: clock.nowMs(),
    monotonicMs: clock.monotonicMs(),
    mayStart: false,
    policy: config.watch.failure,
    limits: limitsOf(records, await new Governor(clock).waits()),
    random: 0.5,
  });
  return [
    ...(await leftovers(repo, places)),
    ...(await lostRuns(repo, places, config, clock)),
    ...records.map(({ id, owner }): Intended => ({ kind: "adopt", id, pid: owner.pid })),
    ...actions,
    ...(await ticked(repo, places)),
  ];
}

/** What a watch takes over: runs that are not over, and whose coordinator is gone. */
const isLeft = (record: RunRecord): boolean =>
  !(record.phase === "parked" && record.parked?.isPublished === true) && !isAlive(record.owner);

async function leftovers(repo: Repository, places: Places): Promise<readonly Intended[]> {
  const [file, intent, locks] = await Promise.all([
    readPidFile(pidFileOf(places), repo.commonDir),
    readIntent(repo),
    staleLocks(places),
  ]);
  const pid = file.kind === "stale" && file.pid !== undefined ? { pid: file.pid } : {};
  return [
    ...(file.kind === "stale" ? [{ kind: "remove_pid_file" as const, ...pid }] : []),
    ...(intent === undefined
      ? []
      : [{ kind: "finish_landing" as const, branch: intent.ref.replace(/^refs\/heads\//, "") }]),
    ...locks.map(({ id, pid: holder }) => ({ kind: "remove_lock" as const, id, pid: holder })),
  ];
}

async function lostRuns(
  repo: Repository,
  places: Places,
  config: Config,
  clock: Clock,
): Promise<readonly Intended[]> {
  const found = await findLeftBehind({ repo, places, config, nowMs: clock.nowMs() });
  return found.flatMap(({ id, path, remedy }) =>
    remedy === "wait" || remedy === "leave" ? [] : [{ kind: "recover", id, path, remedy }],
  );
}

const readOnlyFacts = (
  repo: Repository,
  places: Places,
  objects: Pick<Engine, "config" | "reader" | "trees">,
): Facts => ({
  asksResult: (record) => asksResult(objects, record),
  overBudget: (record) => overBudget(objects.config, record, Date.now()),
  branchTip: ({ branch }) => objects.reader.resolve(`refs/heads/${branch}`),
  hasBase: async ({ base, target }) => {
    const tip = base === undefined ? undefined : await readRef(repo, target);
    return base !== undefined && tip !== undefined && isAncestor(repo, base, tip);
  },
  launchState: async (record) => {
    const state = await lookAtLaunch(places, record);
    return state.kind === "unnamed" ? { kind: "orphaned" } : state;
  },
});

async function ticked(repo: Repository, places: Places): Promise<readonly Intended[]> {
  const target = await branchOfHead(repo.gitDir);
  if (target === undefined) return [];
  using reader = new ObjectReader(repo);
  const archive = await archiveLocation(places);
  const specs = new SpecReader(repo, target, reader, new Trees(repo, reader), archive);
  return (await tickedHere(specs, places)).map((id) => ({ kind: "finalize_here", id }));
}
