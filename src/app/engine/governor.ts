import { type Account, accountOf } from "../../domain/account.ts";
import type { AgentConfig, Config } from "../../domain/config.ts";
import { passedEnvironment } from "../../domain/environment.ts";
import { type AccountWaits, type Limits, parseLimits, waitsOf, withLimit } from "../../domain/limits.ts";
import type { MetLimit } from "../../domain/plan.ts";
import type { Clock } from "../../kit/clock.ts";
import { effect } from "../../host/effects.ts";
import { UserState } from "../../store/user-state.ts";
import type { RunRecord } from "./record.ts";

/** Where the limits of accounts are, for all repositories of a user. */
export const limitState = (): UserState<Limits> => new UserState("limits", parseLimits);

/** Tells whose limits an agent shares, by all that it is given. */
export const accountFor = (config: Config, agent: AgentConfig): Account =>
  accountOf(agent, passedEnvironment(process.env, config.agent.envPass));

/** Has every coordinator of a user wait for the limits of their accounts. */
export class Governor {
  readonly #clock: Clock;
  readonly #state = limitState();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns what is to be waited for now. What cannot be read holds nobody up. */
  async waits(): Promise<AccountWaits> {
    const limits = await this.#state.read().catch(() => parseLimits(undefined));
    return waitsOf(limits, this.#clock.nowMs());
  }

  /** Writes down the limit that a run has met. To be told twice changes nothing. */
  async met({ id, account, agent }: RunRecord, limit: MetLimit): Promise<void> {
    const { id: name, by } = account ?? { id: agent, by: `the agent ${agent}` };
    const nowMs = this.#clock.nowMs();
    const met = { ...limit, account: name, by, metAtMs: nowMs, metBy: id };
    await effect("limits.met", () =>
      this.#state
        .change(async (before) => ({ after: withLimit(before, met, nowMs), result: undefined }))
        // Where it cannot be written, runs of this coordinator still wait for it, by the record of this one.
        .catch(() => undefined),
    );
  }
}
