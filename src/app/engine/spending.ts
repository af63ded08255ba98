import {
  type DaySpending,
  overDayBudget,
  overRunBudget,
  parseSpending,
  spentBy,
  withSpent,
} from "../../domain/budget.ts";
import type { Config } from "../../domain/config.ts";
import { localDay } from "../../kit/local-time.ts";
import { UserState } from "../../store/user-state.ts";
import type { RunRecord } from "./record.ts";

/** What the runs of a day have cost, in all repositories of a user. */
const state = (): UserState<DaySpending> => new UserState("spending", parseSpending);

/** Says as a clause why nothing may start today any more. */
export async function overDay({ budget }: Config, nowMs: number): Promise<string | undefined> {
  if (budget.dayUsd === 0) return undefined;
  return overDayBudget(budget, await state().read(), localDay(nowMs));
}

/** Notes what a run has cost by now. Where that cannot be written, the day's budget holds nothing up. */
export async function noteSpent({ budget }: Config, record: RunRecord, nowMs: number): Promise<void> {
  if (budget.dayUsd === 0) return;
  const { run, reports = [] } = record;
  await state()
    .change(async (before) => ({
      after: withSpent(before, run, spentBy(reports), localDay(nowMs)),
      result: undefined,
    }))
    .catch(() => undefined);
}

/** Says as a clause why a run may not go on. */
export async function overBudget(
  config: Config,
  { reports = [], budgetFrom }: RunRecord,
  nowMs: number,
): Promise<string | undefined> {
  return overRunBudget(config.budget, reports, budgetFrom) ?? (await overDay(config, nowMs));
}
