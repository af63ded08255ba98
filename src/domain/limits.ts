import { timeOfDay } from "../kit/local-time.ts";
import { MAX_RESET_MS, SPREAD_EACH_MS, SPREAD_MS } from "./retry.ts";

/*
 * The limits of accounts, as all coordinators of a user know them. A limit holds back every run of its account until it
 * ends; the first run that meets it tells the others. A person may clear one, or turn all of it off.
 */

/** What an account may not do at the moment. */
export interface AccountLimit {
  readonly account: string;
  /** What the account is known by. */
  readonly by: string;
  /** A quota that is used up rarely says when it is there again. */
  readonly kind: "rate_limit" | "quota";
  /** When it ends, wall time in milliseconds since 1970. */
  readonly untilMs: number;
  /** The provider did not say when: then it is chant's own wait. */
  readonly isGuess: boolean;
  /** When it was met, wall time. */
  readonly metAtMs: number;
  /** Whose run met it. */
  readonly metBy: string;
  /** A person has cleared it: nobody waits for it any longer. */
  readonly isCleared?: true;
}

export interface Limits {
  readonly version: 1;
  /** Nobody waits for the limit that another run met. */
  readonly isOff: boolean;
  readonly limits: readonly AccountLimit[];
}

const NO_LIMITS: Limits = { version: 1, isOff: false, limits: [] };

/** Makes the best of what a file holds. */
export function parseLimits(value: unknown): Limits {
  if (typeof value !== "object" || value === null) return NO_LIMITS;
  const { isOff, limits } = value as { readonly isOff?: unknown; readonly limits?: unknown };
  return {
    version: 1,
    isOff: isOff === true,
    limits: Array.isArray(limits) ? limits.filter(isLimit) : [],
  };
}

function isLimit(value: unknown): value is AccountLimit {
  if (typeof value !== "object" || value === null) return false;
  const { account, by, kind, untilMs, metAtMs, metBy } = value as Partial<AccountLimit>;
  const texts = [account, by, metBy].every((each) => typeof each === "string");
  return texts && (kind === "rate_limit" || kind === "quota") && isTime(untilMs) && isTime(metAtMs);
}

const isTime = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);

/** Returns what still holds at a time; also of a clock that was set back since. */
const livingAt = ({ limits }: Limits, nowMs: number): readonly AccountLimit[] =>
  limits.filter(({ untilMs }) => untilMs > nowMs && untilMs <= nowMs + MAX_RESET_MS);

/** Adds a limit that was met. Of two of one account that still hold, the later end counts. */
export function withLimit(before: Limits, met: AccountLimit, nowMs: number): Limits {
  const living = livingAt(before, nowMs);
  const known = living.find(({ account }) => account === met.account);
  const isKnown = known !== undefined && known.isCleared !== true && known.untilMs >= met.untilMs;
  if (isKnown || met.untilMs <= nowMs) return before;
  return { ...before, limits: [...living.filter(({ account }) => account !== met.account), met] };
}

/** Clears the limits of one account, or of all. What was cleared is remembered until it would have ended. */
export function withoutLimit(before: Limits, account: string | undefined, nowMs: number): Limits {
  const isMeant = (limit: AccountLimit): boolean => account === undefined || limit.account === account;
  return {
    ...before,
    limits: livingAt(before, nowMs).map((limit) =>
      isMeant(limit) ? { ...limit, isCleared: true as const } : limit,
    ),
  };
}

/** Until when which accounts wait, and which limits nobody is to wait for any more. Wall times by account. */
export interface AccountWaits {
  readonly isOff: boolean;
  readonly until: ReadonlyMap<string, number>;
  readonly cleared: ReadonlyMap<string, number>;
  /** When the limits ended that did so a moment ago. */
  readonly ended: ReadonlyMap<string, number>;
}

/** Returns what is to be waited for. */
export function waitsOf(limits: Limits, nowMs: number): AccountWaits {
  const living = livingAt(limits, nowMs);
  const times = (isCleared: boolean): ReadonlyMap<string, number> =>
    new Map(
      living
        .filter((limit) => (limit.isCleared === true) === isCleared)
        .map(({ account, untilMs }) => [account, untilMs]),
    );
  const isRecent = ({ untilMs }: AccountLimit): boolean => untilMs <= nowMs && nowMs < untilMs + SPREAD_MS;
  const ended = limits.limits
    .filter((limit) => isRecent(limit) && limit.isCleared !== true)
    .map(({ account, untilMs }) => [account, untilMs] as const);
  if (limits.isOff) return { ...NO_WAITS, isOff: true, cleared: times(true) };
  return { isOff: false, until: times(false), cleared: times(true), ended: new Map(ended) };
}

/** Returns how many new runs of an account may have begun since its limit ended: they are no burst either. */
export const startsSince = (endedMs: number, nowMs: number): number =>
  Math.floor((nowMs - endedMs) / SPREAD_EACH_MS);

/** What one run waits for. */
interface Waiting {
  readonly account: string;
  readonly resetsAtMs: number | undefined;
}

/** Nobody waits for anything. */
export const NO_WAITS: AccountWaits = {
  isOff: false,
  until: new Map(),
  cleared: new Map(),
  ended: new Map(),
};

/** Adds what runs of one's own wait for, by their records: that holds also where the file of all cannot be written. */
export function withOwnWaits(waits: AccountWaits, own: readonly Waiting[]): AccountWaits {
  if (waits.isOff) return waits;
  const until = new Map(waits.until);
  for (const { account, resetsAtMs = 0 } of own) {
    if (resetsAtMs <= (waits.cleared.get(account) ?? 0)) continue;
    until.set(account, Math.max(until.get(account) ?? 0, resetsAtMs));
  }
  return { ...waits, until };
}

/** Names what is waited for: "the rate limit of claude-1f3c9a2b until 14:05". */
export const limitWords = (account: string, untilMs: number): string =>
  `the rate limit of ${account} until ${timeOfDay(untilMs).slice(0, 5)}`;

/** The same as a clause. */
export const limitClause = (account: string, untilMs: number): string =>
  `waits for ${limitWords(account, untilMs)}`;

/** Returns the limits that hold now, the one that ends first before the others. */
export const openLimits = (limits: Limits, nowMs: number): readonly AccountLimit[] =>
  livingAt(limits, nowMs)
    .filter(({ isCleared }) => isCleared !== true)
    .toSorted((a, b) => a.untilMs - b.untilMs);
