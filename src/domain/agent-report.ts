import { unreachable } from "../kit/unreachable.ts";
import type { AccountTrouble, AgentEvent, TokenUsage } from "./agent-event.ts";
import type { AgentEnd } from "./judge.ts";

/** What a whole launch of an agent amounted to, by its own words. */
export interface AgentReport {
  /** The session that can be resumed. */
  readonly session?: string;
  readonly model?: string;
  /** With `isCumulative`, what the session has used in all, earlier launches of the same session included. */
  readonly usage?: TokenUsage & { readonly isCumulative: boolean };
  /** Absent when the agent never said that it was done. */
  readonly end?: {
    readonly isOk: boolean;
    readonly error?: string;
    /** Absent when nothing tells. */
    readonly isRetryable?: boolean;
    /** When the account may be used again: wall time in milliseconds since 1970. */
    readonly resetsAtMs?: number;
    /** Present when the account is to blame, rather than the work. */
    readonly trouble?: AccountTrouble;
  };
}

/** What is kept of the events so far. */
export interface Tally {
  readonly session?: string;
  readonly model?: string;
  readonly counter?: TokenUsage;
  /** What came on top of the counter. */
  readonly since?: TokenUsage;
  readonly limit?: AgentEvent & { readonly kind: "limit" };
  readonly denied?: readonly string[];
  readonly ended?: AgentEvent & { readonly kind: "ended" };
}

/** Returns the tally with one more event. */
export function count(tally: Tally, event: AgentEvent): Tally {
  switch (event.kind) {
    case "started": {
      const { ended: _ended, ...rest } = tally;
      return {
        ...rest,
        ...(event.session === undefined ? {} : { session: event.session }),
        ...(event.model === undefined ? {} : { model: event.model }),
      };
    }
    case "tool": {
      // Whoever goes on to work after a last word has another one to say.
      const { ended: _ended, ...rest } = tally;
      return rest;
    }
    case "usage": {
      const { since, ...rest } = tally;
      // A counter holds all that was counted one by one before it.
      return event.isCumulative
        ? { ...rest, counter: usageOf(event) }
        : { ...rest, since: since === undefined ? usageOf(event) : add(since, event) };
    }
    case "limit":
      return { ...tally, limit: event };
    case "denied": {
      const denied = tally.denied ?? [];
      return denied.includes(event.tool) ? tally : { ...tally, denied: [...denied, event.tool] };
    }
    case "ended":
      return { ...tally, ended: event };
    case "message":
    case "file_change":
    case "retrying":
    case "error":
      return tally;
    default:
      return unreachable(event);
  }
}

/** Returns what the events that were counted amount to. */
export function reportOf(tally: Tally): AgentReport {
  const { session, model, counter, since } = tally;
  const used = counter !== undefined && since !== undefined ? add(counter, since) : (counter ?? since);
  const end = endOf(tally);
  return {
    ...(session === undefined ? {} : { session }),
    ...(model === undefined ? {} : { model }),
    ...(used === undefined ? {} : { usage: { ...used, isCumulative: counter !== undefined } }),
    ...(end === undefined ? {} : { end }),
  };
}

export const summarise = (events: Iterable<AgentEvent>): AgentReport =>
  reportOf([...events].reduce<Tally>(count, {}));

function endOf({ ended, denied, limit }: Tally): AgentReport["end"] {
  if (ended === undefined) return undefined;
  if (ended.isOk) {
    if (denied === undefined) return { isOk: true };
    // Programs call it a success when they were not allowed to do what they were asked for.
    return {
      isOk: false,
      error: `it was not allowed to use ${denied.join(", ")}`,
      isRetryable: false,
    };
  }
  const isLimited = limit?.status === "rejected";
  const byStatus = ended.status === undefined ? undefined : isPassing(ended.status);
  const trouble = ended.trouble ?? TROUBLES.get(ended.status ?? 0) ?? (isLimited ? "rate_limit" : undefined);
  const isRetryable = ended.isRetryable ?? byTrouble(trouble) ?? byStatus;
  const resetsAtMs = ended.resetsAtMs ?? (isLimited ? limit.resetsAtMs : undefined);
  return {
    isOk: false,
    ...(ended.error === undefined ? {} : { error: ended.error }),
    ...(isRetryable === undefined ? {} : { isRetryable }),
    ...(resetsAtMs === undefined ? {} : { resetsAtMs }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

/** What statuses of HTTP say of the account. */
const TROUBLES = new Map<number, AccountTrouble>([
  [401, "auth"],
  [402, "quota"],
  [403, "auth"],
  [429, "rate_limit"],
]);

/** A key that is not accepted, and a quota that is used up, stay so until a person does something. */
const byTrouble = (trouble: AccountTrouble | undefined): boolean | undefined =>
  trouble === undefined ? undefined : trouble === "rate_limit";

/** Tells whether a status of HTTP may be another one next time. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

const usageOf = ({ inputTokens, outputTokens, cachedTokens, costUsd }: TokenUsage): TokenUsage => ({
  inputTokens,
  outputTokens,
  cachedTokens,
  ...(costUsd === undefined ? {} : { costUsd }),
});

/** A cost of which one part is unknown is unknown. */
const add = (a: TokenUsage, b: TokenUsage): TokenUsage =>
  usageOf({
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    ...(a.costUsd === undefined || b.costUsd === undefined ? {} : { costUsd: a.costUsd + b.costUsd }),
  });

/** What is remembered of one launch of a run. */
export interface LaunchReport extends Pick<AgentReport, "session" | "model" | "usage"> {
  readonly launch: number;
  /** Whose it was; a report of an earlier chant does not say. */
  readonly agent?: string;
  /** Why it was not done, as a clause. */
  readonly reason?: string;
  /** What was printed that says more of it, as the next agent is told. */
  readonly output?: string;
}

/**
 * Returns the launches that count: of a session that keeps a counter the last one, and besides its other launches, which
 * were cut off before the program brought its counter up to date.
 */
export const countedLaunches = (launches: readonly LaunchReport[]): readonly LaunchReport[] =>
  launches.filter(
    ({ session, usage }, at) =>
      usage?.isCumulative !== true ||
      session === undefined ||
      !launches
        .slice(at + 1)
        .some((later) => later.session === session && later.usage?.isCumulative === true),
  );

/** Returns what several launches have used together, never twice what a counter holds. */
export function totalUsage(launches: readonly LaunchReport[]): TokenUsage | undefined {
  return countedLaunches(launches)
    .flatMap(({ usage }) => (usage === undefined ? [] : [usageOf(usage)]))
    .reduce<TokenUsage | undefined>((sum, usage) => (sum === undefined ? usage : add(sum, usage)), undefined);
}

/**
 * Returns how the agent ended, where its program reports: its own last word counts, the exit status is but a hint. What
 * chant or a signal ended before that word is as it was; a program that left without a word has failed, `lastWords`
 * being what it printed instead.
 */
export function endByReport(end: AgentEnd, report: AgentReport, lastWords?: string): AgentEnd {
  if (report.end !== undefined) {
    const { isOk, error } = report.end;
    return { kind: "reported", ok: isOk, ...(error === undefined ? {} : { error }) };
  }
  if (end.kind !== "exited") return end;
  const words = lastWords === undefined ? "" : `: ${lastWords}`;
  return { kind: "reported", ok: false, error: `it ended without a result (exit code ${end.code})${words}` };
}
