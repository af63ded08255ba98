import { type AccountLimit, openLimits, withoutLimit } from "../domain/limits.ts";
import type { Clock } from "../kit/clock.ts";
import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import { limitState } from "./engine/governor.ts";

/** What the accounts of a user wait for. */
export interface LimitsView {
  /** Every run waits only for the limit that it has met itself. */
  readonly isOff: boolean;
  readonly limits: readonly AccountLimit[];
}

/** Returns the limits that hold now, of all accounts of this user on this machine. */
export async function readLimits(clock: Clock): Promise<LimitsView> {
  const limits = await limitState().read();
  return { isOff: limits.isOff, limits: openLimits(limits, clock.nowMs()) };
}

/**
 * Has nobody wait any longer for the limit of an account, or for any; returns what was cleared. Who met it is tried again
 * within some seconds.
 * @throws ChantError USAGE when no limit of such an account holds
 */
export async function clearLimits(
  account: string | undefined,
  clock: Clock,
): Promise<readonly AccountLimit[]> {
  const nowMs = clock.nowMs();
  return limitState().change(async (before) => {
    const open = openLimits(before, nowMs);
    const meant = open.filter((limit) => account === undefined || limit.account === account);
    if (account !== undefined && meant.length === 0) throw unknown(account, open);
    return { after: meant.length === 0 ? before : withoutLimit(before, account, nowMs), result: meant };
  });
}

function unknown(account: string, open: readonly AccountLimit[]): ChantError {
  const names = open.map((limit) => limit.account);
  const near = closest(account, names);
  return new ChantError("USAGE", `No limit of ${JSON.stringify(account)} is waited for.`, {
    hint:
      near === undefined
        ? names.length === 0
          ? "There is none at all now. Nothing was changed."
          : `Those that hold now: ${names.join(", ")}. Nothing was changed.`
        : `Did you mean ${near}? Nothing was changed.`,
  });
}

/** Has runs wait for the limits that others of their account have met, or not. */
export const switchLimits = (isOff: boolean): Promise<void> =>
  limitState().change(async (before) => ({
    after: before.isOff === isOff ? before : { ...before, isOff },
    result: undefined,
  }));
