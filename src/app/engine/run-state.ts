import { type AccountWaits, withOwnWaits } from "../../domain/limits.ts";
import type { RunError, RunState } from "../../domain/plan.ts";
import { type ResultGate, resultGate } from "../../domain/result-gate.ts";
import { parseSpecBytes } from "../../domain/spec-bytes.ts";
import { type BrokenSpec, isBroken, parseSpec, type Spec } from "../../domain/spec.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { parseCommit } from "../../git/commit.ts";
import { MissingObject } from "../../git/missing-object.ts";
import { isAncestor } from "../../git/refs.ts";
import { specPath } from "../../store/places.ts";
import { launchState, type LaunchState } from "./begin.ts";
import type { Engine } from "./engine.ts";
import { isUndecided } from "./held.ts";
import type { LaunchEnd } from "./launch.ts";
import { withReport } from "./launch-report.ts";
import { agentRetry, type RunRecord } from "./record.ts";
import { noteSpent, overBudget } from "./spending.ts";

/** One run in the hands of a coordinator. */
export interface Entry {
  record: RunRecord;
  /** Monotonic time of the last launch by this process; undefined for one that another process launched. */
  launchedMs: number | undefined;
  /** When what was held back is tried again, monotonic time in milliseconds. */
  dueMs: number;
  tries: number;
  end: LaunchEnd | undefined;
}

/** Where the facts come from: an engine, which settles what is unclear, or somebody who only looks. */
export interface Facts {
  readonly hasBase: (record: RunRecord) => Promise<boolean>;
  /** @param sinceMs how long ago this process launched it, in milliseconds; Infinity for another one's */
  readonly launchState: (record: RunRecord, sinceMs: number) => Promise<LaunchState>;
  /** Whether what it made lands only with a person's approval. */
  readonly asksResult: (record: RunRecord) => Promise<boolean>;
  readonly branchTip: (record: RunRecord) => Promise<string | undefined>;
  /** Why it may not go on: its budget, or that of the day. `hasEnded`: what it has used is noted. */
  readonly overBudget: (record: RunRecord, hasEnded: boolean) => Promise<string | undefined>;
}

/** Returns the facts as a coordinator reads them. */
export const factsOf = (engine: Engine): Facts => ({
  hasBase: (record) => hasBase(engine, record),
  launchState: (record, sinceMs) => launchState(engine, record, sinceMs),
  asksResult: (record) => asksResult(engine, record),
  branchTip: ({ branch }) => engine.reader.resolve(`refs/heads/${branch}`),
  overBudget: async (record, hasEnded) => {
    const nowMs = engine.clock.nowMs();
    if (hasEnded) await noteSpent(engine.config, record, nowMs);
    return overBudget(engine.config, record, nowMs);
  },
});

/** Asked by the configuration as it is now, or by the spec as it started: what its branch says does not count. */
export async function asksResult(
  { config, reader, trees }: Pick<Engine, "config" | "reader" | "trees">,
  { id, base, spec: started }: RunRecord,
): Promise<boolean> {
  if (config.approval.result) return true;
  if (started !== undefined) return asksItself(parseSpec(id, started));
  const commit = base === undefined ? undefined : await reader.read(base);
  if (commit === undefined) return false;
  const entry = await trees.find(parseCommit(commit.content).tree, specPath(id));
  const spec = entry && parseSpecBytes(id, (await reader.require(entry.oid)).content);
  return spec !== undefined && asksItself(spec);
}

const asksItself = (spec: Spec | BrokenSpec): boolean => !isBroken(spec) && spec.approval?.result === true;

/** Reads how a run stands now. */
export async function stateOf(facts: Facts, entry: Entry): Promise<RunState> {
  const { id, interruptions, relaunches } = entry.record;
  return {
    id,
    interruptions,
    relaunches,
    account: accountIdOf(entry.record),
    retries: agentRetry(entry.record)?.n ?? 0,
    at: await placeOf(facts, entry).catch(placeByFault),
  };
}

/** What a run needs of git is damaged or gone: a person has to look, and no other run waits for that. */
function placeByFault(error: unknown): RunState["at"] {
  if (!(error instanceof MissingObject)) throw error;
  return { kind: "ended", verdict: { kind: "attention", reason: error.message } };
}

async function placeOf(facts: Facts, entry: Entry): Promise<RunState["at"]> {
  const { record, dueMs } = entry;
  switch (record.phase) {
    case "claimed":
      return { kind: "claimed", hasBase: await facts.hasBase(record) };
    case "landing": {
      const gate = await gateOf(facts, record, record.tip);
      return {
        kind: "landing",
        dueMs,
        gate,
        held: isUndecided(record) ? record.waits?.reason : undefined,
      };
    }
    case "retrying":
      return {
        kind: "retrying",
        dueMs: record.retry?.atMs ?? 0,
        ...(record.retry?.start === undefined ? {} : { isStart: true }),
        ...(await budgetPart(facts, record, false)),
        ...(record.retry?.resetsAtMs === undefined ? {} : { resetsAtMs: record.retry.resetsAtMs }),
      };
    case "pausing":
      return { kind: "pausing", dueMs };
    case "retiring":
      return { kind: "retiring", dueMs };
    case "parked":
      return record.parked?.isPublished === true ? { kind: "parked" } : { kind: "parking", dueMs };
    case "running": {
      const sinceMs = entry.launchedMs === undefined ? Infinity : performance.now() - entry.launchedMs;
      const state = await facts.launchState(record, sinceMs);
      if (state.kind === "orphaned") return { kind: "orphaned", dueMs };
      if (state.kind !== "ended") return state;
      entry.end = state.end;
      entry.record = withReport(record, state.end);
      const { verdict } = state.end;
      const over = await budgetPart(facts, entry.record, true);
      if (verdict.kind === "done") {
        return { kind: "ended", verdict, gate: await gateOf(facts, record, state.end.tip) };
      }
      // A person's own judgement is not tried again.
      return record.judgeOnly === undefined
        ? { kind: "ended", verdict, error: errorOf(state.end), ...over }
        : { kind: "ended", verdict };
    }
    default:
      return unreachable(record.phase);
  }
}

/** A person's word counts for more than any budget. */
async function budgetPart(
  facts: Facts,
  record: RunRecord,
  hasEnded: boolean,
): Promise<{ readonly overBudget?: string }> {
  const over = await facts.overBudget(record, hasEnded);
  return over === undefined || agentRetry(record)?.of === 0 ? {} : { overBudget: over };
}

async function gateOf(facts: Facts, record: RunRecord, judgedTip: string | undefined): Promise<ResultGate> {
  if (judgedTip === undefined || !(await facts.asksResult(record))) return { kind: "open" };
  // Cut off while it landed, it may be on the target, and its branch gone already.
  const wasLanding = record.phase === "landing" && record.finalize !== undefined;
  const branchTip = wasLanding ? judgedTip : await facts.branchTip(record);
  return resultGate({ judgedTip, branchTip, decision: record.result });
}

async function hasBase(engine: Engine, { base, target }: RunRecord): Promise<boolean> {
  const tip = base === undefined ? undefined : await engine.reader.resolve(target);
  if (base === undefined || tip === undefined) return false;
  // At one that is damaged git would fail, each time and for every run.
  await engine.reader.require(base);
  return isAncestor(engine.repo, base, tip);
}

/** Returns what is known of a failure besides its verdict. */
export function errorOf({ errorText, report, agent }: LaunchEnd): RunError {
  const { isRetryable, resetsAtMs, trouble } = report?.end ?? {};
  return {
    text: errorText ?? "",
    ...(isRetryable === undefined ? {} : { isRetryable }),
    ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
    ...(trouble === undefined ? {} : { trouble }),
    ...(agent.kind === "stalled" ? { isStalled: true } : {}),
  };
}

/** Whose limits a run shares. A run of an earlier chant does not say: then its agent stands for the account. */
export const accountIdOf = ({ account, agent }: RunRecord): string => account?.id ?? agent;

/** Adds to what all wait for the limits that some runs have met. */
export const limitsOf = (records: readonly RunRecord[], waits: AccountWaits): AccountWaits =>
  withOwnWaits(
    waits,
    records.map((record) => ({ account: accountIdOf(record), resetsAtMs: record.retry?.resetsAtMs })),
  );
