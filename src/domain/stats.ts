import { localDay } from "../kit/local-time.ts";
import type { TokenUsage } from "./agent-event.ts";
import type { AttemptEnd } from "./history.ts";
import type { SpecId } from "./id.ts";
import { usageSteps } from "./usage-steps.ts";

/** A spec whose work came onto the branch. Times are milliseconds since 1970. */
export interface LandedSpec {
  readonly id: SpecId;
  readonly atMs: number;
  readonly run?: string;
  readonly agent?: string;
  readonly model?: string;
  /** What its file says that it took. */
  readonly usage?: Partial<TokenUsage>;
  readonly writtenAtMs?: number;
  readonly startedAtMs?: number;
}

export interface StatsFacts {
  readonly landed: readonly LandedSpec[];
  /** All that the journal has, also from before the period: counters go on from there. */
  readonly attempts: readonly AttemptEnd[];
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** What was used. Where nobody knows it is counted, and never taken for nothing. */
export interface UsageSum {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** Of what is known. */
  readonly costUsd: number;
  /** How many ends of agents said nothing of a cost, or of tokens. */
  readonly unknownCosts: number;
  readonly unknownTokens: number;
}

export interface Spread {
  readonly count: number;
  readonly medianMs: number;
  readonly p90Ms: number;
}

/** How one agent did with one model. The counts of ends are undefined where the journal has none of it. */
export interface AgentStats {
  readonly agent: string;
  readonly model?: string;
  readonly landed: number;
  readonly ends?: {
    readonly all: number;
    readonly done: number;
    readonly failed: number;
    readonly attention: number;
    readonly interrupted: number;
    /** Of those that were no interruption, the part that was done: 0 to 1. */
    readonly success?: number;
    /** Ends of a second attempt or a later one. */
    readonly retries: number;
  };
}

export interface Stats {
  readonly sinceMs: number;
  readonly landed: number;
  readonly landedPerDay: number;
  readonly landedPerWeek: number;
  /** From the first commit of the spec, and from its last start, to its landing. */
  readonly fromWritten?: Spread;
  readonly fromStarted?: Spread;
  readonly agents: readonly AgentStats[];
  /** Undefined without a journal. */
  readonly retries?: number;
  readonly usage: UsageSum;
  /** Local days on which something ended, oldest first. */
  readonly days: readonly { readonly day: string; readonly landed: number; readonly usage: UsageSum }[];
}

const DAY_MS = 86_400_000;

/** Returns what became of a period, from what landed and how agents ended. */
export function statsOf({ landed: all, attempts, sinceMs, nowMs }: StatsFacts): Stats {
  const landed = all.filter(({ atMs }) => atMs >= sinceMs && atMs <= nowMs);
  const ends = attempts.filter(({ endedAtMs }) => endedAtMs >= sinceMs && endedAtMs <= nowMs);
  const items = usageItems(landed, attempts).filter(({ atMs }) => atMs >= sinceMs && atMs <= nowMs);
  const dayNames = [...landed, ...items].map(({ atMs }) => localDay(atMs));
  // A period that began before anything was done is as long as what it saw.
  const first = Math.min(nowMs, ...landed.map(({ atMs }) => atMs), ...ends.map(({ endedAtMs }) => endedAtMs));
  const lengthDays = Math.max(1, (nowMs - Math.max(sinceMs, first)) / DAY_MS);
  const fromWritten = spreadOf(landed.map(({ atMs, writtenAtMs }) => atMs - (writtenAtMs ?? Number.NaN)));
  const fromStarted = spreadOf(landed.map(({ atMs, startedAtMs }) => atMs - (startedAtMs ?? Number.NaN)));
  return {
    sinceMs,
    landed: landed.length,
    landedPerDay: landed.length / lengthDays,
    landedPerWeek: (landed.length / lengthDays) * 7,
    ...(fromWritten === undefined ? {} : { fromWritten }),
    ...(fromStarted === undefined ? {} : { fromStarted }),
    agents: agentStats(landed, ends),
    ...(attempts.length === 0 ? {} : { retries: ends.filter(({ attempt }) => attempt > 1).length }),
    usage: sumOf(items),
    days: [...new Set(dayNames)].toSorted().map((day) => ({
      day,
      landed: landed.filter(({ atMs }) => localDay(atMs) === day).length,
      usage: sumOf(items.filter(({ atMs }) => localDay(atMs) === day)),
    })),
  };
}

interface UsageItem {
  readonly atMs: number;
  readonly usage: Partial<TokenUsage> | undefined;
  /** Another end of the same session tells the cost of this one too. */
  readonly isCostElsewhere?: boolean;
}

/** What each end used on top of the one before; of runs that the journal does not know, what their specs say. */
function usageItems(landed: readonly LandedSpec[], attempts: readonly AttemptEnd[]): readonly UsageItem[] {
  const known = new Set(attempts.map(({ run }) => run));
  const steps = [...known].flatMap((run) => usageSteps(attempts.filter((end) => end.run === run)));
  const others = landed.filter(({ run }) => run === undefined || !known.has(run));
  return [...steps, ...others.map(({ atMs, usage }) => ({ atMs, usage }))];
}

function sumOf(items: readonly UsageItem[]): UsageSum {
  const total = (of: (usage: Partial<TokenUsage>) => number | undefined): number =>
    items.reduce((sum, { usage }) => sum + ((usage && of(usage)) ?? 0), 0);
  return {
    inputTokens: total(({ inputTokens }) => inputTokens),
    outputTokens: total(({ outputTokens }) => outputTokens),
    cachedTokens: total(({ cachedTokens }) => cachedTokens),
    // Sums of fractions end in digits that mean nothing.
    costUsd: Number(total(({ costUsd }) => costUsd).toFixed(6)),
    unknownCosts: items.filter(
      ({ usage, isCostElsewhere }) => isCostElsewhere !== true && usage?.costUsd === undefined,
    ).length,
    unknownTokens: items.filter(({ usage }) => usage?.inputTokens === undefined).length,
  };
}

/** Returns median and 90th percentile, each a length that there was; what is no number or below zero is left out. */
function spreadOf(lengthsMs: readonly number[]): Spread | undefined {
  const sorted = lengthsMs.filter((ms) => ms >= 0).toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return sorted.length === 0 ? undefined : { count: sorted.length, medianMs: at(0.5), p90Ms: at(0.9) };
}

const keyOf = ({ agent, model }: Pick<LandedSpec, "agent" | "model">): string =>
  JSON.stringify([agent ?? "unknown", model ?? ""]);

function agentStats(landed: readonly LandedSpec[], ends: readonly AttemptEnd[]): readonly AgentStats[] {
  const keys = [...new Set([...landed.map(keyOf), ...ends.map(keyOf)])].toSorted();
  return keys.map((key) => {
    // Checked: made above.
    const [agent, model] = JSON.parse(key) as [string, string];
    const own = ends.filter((end) => keyOf(end) === key);
    return {
      agent,
      ...(model === "" ? {} : { model }),
      landed: landed.filter((each) => keyOf(each) === key).length,
      ...(own.length === 0 ? {} : { ends: endCounts(own) }),
    };
  });
}

function endCounts(ends: readonly AttemptEnd[]): NonNullable<AgentStats["ends"]> {
  const count = (verdict: AttemptEnd["verdict"]): number =>
    ends.filter((end) => end.verdict === verdict).length;
  const [done, failed, attention] = [count("done"), count("failed"), count("attention")];
  const judged = done + failed + attention;
  return {
    all: ends.length,
    done,
    failed,
    attention,
    interrupted: count("interrupted"),
    ...(judged === 0 ? {} : { success: done / judged }),
    retries: ends.filter(({ attempt }) => attempt > 1).length,
  };
}
