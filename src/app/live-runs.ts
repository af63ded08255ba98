import { parseCriteria } from "../domain/criteria.ts";
import { membersByDriver } from "../domain/group.ts";
import { compareIds, isMemberOf, resolveId, type SpecId } from "../domain/id.ts";
import { parseLogLine } from "../domain/log-line.ts";
import { isBroken } from "../domain/spec.ts";
import { tailLines } from "../host/tail.ts";
import { specLogFile } from "../store/places.ts";
import { readWorktreeSpec } from "../store/worktree-spec.ts";
import { readRecords, type RunRecord } from "./engine/record.ts";
import { readOverview } from "./overview.ts";
import { type RunState, viewRun } from "./run-view.ts";
import type { Workspace } from "./workspace.ts";

/** A run that is under way, for a view that is drawn again and again. */
export interface LiveRun {
  readonly id: SpecId;
  readonly title: string;
  readonly state: RunState;
  /** Wall time, milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly ticked: number;
  readonly criteria: number;
  /** What its agent printed last. */
  readonly lastLine?: string;
}

/** Returns the runs that are not over and do not wait for a person, the oldest first. */
export async function liveRuns(workspace: Workspace): Promise<readonly LiveRun[]> {
  const records = [...(await readRecords(workspace.places)).values()];
  const live = records.filter(({ phase }) => phase !== "parked");
  const runs = await Promise.all(live.map((record) => liveRun(workspace, record)));
  return runs.toSorted((a, b) => a.startedAtMs - b.startedAtMs || compareIds(a.id, b.id));
}

async function liveRun({ places }: Workspace, record: RunRecord): Promise<LiveRun> {
  const { id, title, worktree, createdAtMs: startedAtMs } = record;
  const [{ state }, text, last] = await Promise.all([
    viewRun(places, record),
    worktree === undefined ? undefined : readWorktreeSpec(worktree, id),
    lastSaid(specLogFile(places.logs, id)),
  ]);
  const criteria = text === undefined ? [] : parseCriteria(text);
  return {
    id,
    title,
    state,
    startedAtMs,
    ticked: criteria.filter(({ ticked }) => ticked).length,
    criteria: criteria.length,
    ...(last === undefined ? {} : { lastLine: last.text }),
  };
}

/** What an agent printed, and when: wall time, milliseconds since 1970. */
export interface Said {
  readonly text: string;
  readonly atMs: number;
}

/** Returns what the agent of the launch that was logged last has printed last; undefined when it has said nothing yet. */
export async function lastSaid(log: string): Promise<Said | undefined> {
  for (const line of (await tailLines(log)).toReversed()) {
    const entry = parseLogLine(line);
    if (entry?.kind === "launch") return undefined;
    if (entry?.kind === "output" && entry.text.trim() !== "") return { text: entry.text, atMs: entry.atMs };
  }
  return undefined;
}

/** Counts what a `work` is about, near enough for a progress bar: what was asked for, else all that is pending or under way. */
export async function countWork(
  workspace: Workspace,
  wanted: { readonly ids: readonly string[]; readonly label?: string | undefined },
): Promise<number> {
  const { specs } = await readOverview(workspace);
  const known = specs.map(({ id }) => id);
  const asked = new Set(wanted.ids.map((partial) => resolveId(partial, known)));
  const members = membersByDriver(known);
  const isMeant = ({ id, spec, status, run }: (typeof specs)[number]): boolean => {
    // A driver stands for its members.
    if (members.has(id)) return false;
    if (asked.size > 0) {
      if (asked.has(id)) return true;
      const isUnder = [...asked].some((driver) => isMemberOf(id, driver));
      return isUnder && status !== "completed" && status !== "cancelled";
    }
    if (run !== undefined) return run.state !== "parked";
    if (status !== "pending" && status !== "blocked") return false;
    return wanted.label === undefined || (!isBroken(spec) && spec.labels.includes(wanted.label));
  };
  return specs.filter(isMeant).length;
}
