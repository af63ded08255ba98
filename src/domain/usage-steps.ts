import type { TokenUsage } from "./agent-event.ts";
import type { AttemptEnd } from "./history.ts";

/** What one end used on top of what the ends before it told. */
export interface UsageStep {
  readonly atMs: number;
  /** Undefined where its program said nothing. */
  readonly usage: TokenUsage | undefined;
  /** A later end of the same session tells the cost of this one too. */
  readonly isCostElsewhere?: boolean;
}

/**
 * Returns what each end of one run used by itself: of a counter of the whole session, what it grew by. The steps add up
 * to `totalUsage` of the run, so that no counter is summed twice.
 */
export function usageSteps(ends: readonly AttemptEnd[]): readonly UsageStep[] {
  const sorted = ends.toSorted((a, b) => a.launch - b.launch);
  return sorted.map((end, at) => {
    const { usage, session, endedAtMs: atMs } = end;
    if (usage === undefined) return { atMs, usage };
    const { isCumulative, ...used } = usage;
    if (!isCumulative || session === undefined) return { atMs, usage: used };
    const isSame = (other: AttemptEnd): boolean =>
      other.session === session && other.usage?.isCumulative === true;
    const before = sorted.slice(0, at).filter(isSame);
    const last = before.at(-1)?.usage;
    const lastCost = before.findLast((each) => each.usage?.costUsd !== undefined)?.usage?.costUsd ?? 0;
    const { costUsd, ...tokens } = used;
    const step = {
      inputTokens: tokens.inputTokens - (last?.inputTokens ?? 0),
      outputTokens: tokens.outputTokens - (last?.outputTokens ?? 0),
      cachedTokens: tokens.cachedTokens - (last?.cachedTokens ?? 0),
    };
    if (costUsd !== undefined) return { atMs, usage: { ...step, costUsd: costUsd - lastCost } };
    const isTold = sorted.slice(at + 1).some((each) => isSame(each) && each.usage?.costUsd !== undefined);
    return { atMs, usage: step, ...(isTold ? { isCostElsewhere: true } : {}) };
  });
}
