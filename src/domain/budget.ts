import { plural } from "../kit/text.ts";
import { type LaunchReport, countedLaunches } from "./agent-report.ts";

/** What runs may use; 0 is no limit. */
export interface Budget {
  readonly runUsd: number;
  /** Read and written by the model; what came from a cache does not count. */
  readonly runTokens: number;
  readonly dayUsd: number;
}

/** What was used, as far as it is known. */
export interface Spent {
  readonly usd: number;
  readonly tokens: number;
  /** How many launches there were of whose cost nobody knows. */
  readonly unknown: number;
}

/** Adds up what launches of a run have used; a counter of a session is never counted twice. */
export function spentBy(launches: readonly LaunchReport[]): Spent {
  const counted = countedLaunches(launches);
  return {
    usd: counted.reduce((sum, { usage }) => sum + (usage?.costUsd ?? 0), 0),
    tokens: counted.reduce(
      (sum, { usage }) => sum + (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0),
      0,
    ),
    unknown: counted.filter(({ usage }) => usage?.costUsd === undefined).length,
  };
}

/**
 * Says as a clause why a run may not go on: what it has used since `fromLaunch`, when a person last let it go on, is as
 * much as it may.
 */
export function overRunBudget(
  { runUsd, runTokens }: Budget,
  launches: readonly LaunchReport[],
  fromLaunch = 0,
): string | undefined {
  const before = spentBy(launches.filter(({ launch }) => launch <= fromLaunch));
  const all = spentBy(launches);
  const unknown = Math.max(0, all.unknown - before.unknown);
  const usd = all.usd - before.usd;
  const tokens = all.tokens - before.tokens;
  const resume = "resume gives it as much again";
  if (runUsd > 0 && usd >= runUsd) {
    return `its budget of ${dollars(runUsd)} is used up: ${costText({ usd, unknown })}; ${resume}`;
  }
  if (runTokens > 0 && tokens >= runTokens) {
    return `its budget of ${count(runTokens)} tokens is used up: ${count(tokens)} so far; ${resume}`;
  }
  return undefined;
}

/** What each run of a day has cost: all of it, and the part of that day. */
export interface DaySpending {
  readonly version: 1;
  /** The local date. */
  readonly day: string;
  readonly runs: { readonly [run: string]: RunSpending };
}

interface RunSpending {
  readonly usd: number;
  readonly todayUsd: number;
  readonly unknown: number;
}

const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null;

const isRunSpending = (value: unknown): value is RunSpending =>
  isMap(value) && ["usd", "todayUsd", "unknown"].every((key) => Number.isFinite(value[key]));

/** Makes the best of what a file holds. */
export function parseSpending(value: unknown): DaySpending {
  const { day, runs } = isMap(value) ? value : {};
  const given = Object.entries(isMap(runs) ? runs : {});
  return {
    version: 1,
    day: typeof day === "string" ? day : "",
    runs: Object.fromEntries(given.filter((each): each is [string, RunSpending] => isRunSpending(each[1]))),
  };
}

/** Notes what a run has cost by now; told again, it changes nothing. */
export function withSpent(before: DaySpending, run: string, spent: Spent, day: string): DaySpending {
  // What runs had cost before midnight is needed once more, to know what they cost after it.
  const runs =
    before.day === day
      ? before.runs
      : Object.fromEntries(
          Object.entries(before.runs)
            .filter(([, { todayUsd }]) => todayUsd > 0)
            .map(([name, each]) => [name, { ...each, todayUsd: 0, unknown: 0 }]),
        );
  const known = runs[run] ?? { usd: 0, todayUsd: 0, unknown: 0 };
  const more = Math.max(0, spent.usd - known.usd);
  const isSame = before.day === day && more === 0 && known.unknown >= spent.unknown;
  if (isSame) return before;
  const now = {
    usd: known.usd + more,
    todayUsd: known.todayUsd + more,
    unknown: Math.max(known.unknown, spent.unknown),
  };
  return { version: 1, day, runs: { ...runs, [run]: now } };
}

/** Says as a clause why nothing may start today any more. */
export function overDayBudget({ dayUsd }: Budget, spending: DaySpending, day: string): string | undefined {
  if (dayUsd <= 0 || spending.day !== day) return undefined;
  const runs = Object.values(spending.runs);
  const usd = runs.reduce((sum, { todayUsd }) => sum + todayUsd, 0);
  const unknown = runs.reduce((sum, each) => sum + each.unknown, 0);
  if (usd < dayUsd) return undefined;
  return `the day's budget of ${dollars(dayUsd)} is used up: ${costText({ usd, unknown })} since midnight, in all repositories`;
}

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

const count = (n: number): string => n.toLocaleString("en-US");

/** An unknown cost is said to be unknown. */
const costText = ({ usd, unknown }: Pick<Spent, "usd" | "unknown">): string =>
  unknown === 0
    ? dollars(usd)
    : `${dollars(usd)} and what ${plural(unknown, "launch", "launches")} cost, which is unknown`;
