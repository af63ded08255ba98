import type { Account } from "../domain/account.ts";
import { agentNamed, type Config } from "../domain/config.ts";
import { type AccountWaits, limitClause, NO_WAITS, startsSince } from "../domain/limits.ts";
import { agentOfLabels, chooseAgent, type Contender, type Fallback } from "../domain/rotation.ts";
import type { Spec } from "../domain/spec.ts";
import type { Clock } from "../kit/clock.ts";
import { accountFor, Governor } from "./engine/governor.ts";
import type { RunRecord } from "./engine/record.ts";

/** Who is to work on a spec. */
export interface ChosenAgent {
  readonly name: string;
  /** By rotation: another one may go on with it. */
  readonly isRotated: boolean;
}

/** What of a run tells whether its agent is busy with it. */
type Working = Pick<RunRecord, "agent" | "phase" | "createdAtMs">;

/** Chooses the agents of a `work`: the one that was asked for, or the next of those that share the work. */
export class AgentChoice {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #governor: Governor;
  readonly #asked: string | undefined;
  /** How many specs each was given by this `work`. */
  readonly #given = new Map<string, number>();
  /** The accounts that are known: telling one looks at the whole environment. */
  readonly #accounts = new Map<string, Account>();
  #waits: AccountWaits = NO_WAITS;

  /** @param asked the agent for all specs, whatever they say */
  constructor(config: Config, clock: Clock, asked: string | undefined) {
    this.#config = config;
    this.#clock = clock;
    this.#governor = new Governor(clock);
    this.#asked = asked;
  }

  /** Looks anew at which accounts wait. */
  async look(): Promise<void> {
    this.#waits = await this.#governor.waits();
  }

  /** Returns the agent that is asked for by name: by the command, the spec or a label of it. */
  #named(spec: Spec): string | undefined {
    return this.#asked ?? spec.agent ?? agentOfLabels(spec.labels);
  }

  /** Returns an agent that may work on a spec, for what has to be known of it before it is chosen. */
  #expected(spec: Spec): string {
    return this.#named(spec) ?? this.#contenders()[0] ?? this.#config.defaults.agent;
  }

  /** Says why the agent of a spec cannot begin with it at all, as a clause: it is not there, or there is nothing for it to run. */
  whyNever(spec: Spec): string | undefined {
    const name = this.#expected(spec);
    if (!this.#config.agents.has(name) && name !== "script") {
      return `there is no agent "${name}" in .chant/config.md`;
    }
    return spec.script === undefined && agentNamed(this.#config, name).provider === "script"
      ? `its agent "${name}" runs the block under a heading "## Script", and it has none (another agent: agents in .chant/config.md)`
      : undefined;
  }

  /** Says why nobody can begin with a spec now, as a clause; undefined when somebody can. */
  whyNot(spec: Spec, records: Iterable<Working>): string | undefined {
    const chosen = this.#choose(spec, [...records], 0);
    return typeof chosen === "string" ? chosen : undefined;
  }

  /** Chooses who works on some specs, beside the runs that are under way; those that nobody can begin with are left out. */
  chooseAll(
    specs: readonly Spec[],
    records: Iterable<Working>,
  ): readonly { readonly spec: Spec; readonly agent: ChosenAgent }[] {
    const working = [...records];
    return specs.flatMap((spec) => {
      const agent = this.#choose(spec, working, Math.random());
      if (typeof agent === "string") return [];
      working.push({ agent: agent.name, phase: "claimed", createdAtMs: this.#clock.nowMs() });
      this.#given.set(agent.name, (this.#given.get(agent.name) ?? 0) + 1);
      return [{ spec, agent }];
    });
  }

  /** Returns who goes on with a run whose agent can no longer, where it was chosen by rotation. */
  fallbackOf(record: RunRecord, records: Iterable<Working>): Fallback | undefined {
    if (record.isRotated !== true) return undefined;
    const working = [...records];
    const used = this.#account(record.agent).id;
    const others = this.#contenders().filter(
      (name) => name !== record.agent && this.#accountOf(name) !== used,
    );
    const contenders = others.map((name) => this.#contender(name, working));
    const chosen = chooseAgent(this.#config.parallel.rotation, contenders, Math.random());
    if (typeof chosen === "string") return undefined;
    const { defaults } = this.#config;
    const [before, now] = [record.agent, chosen.name].map((name) => agentNamed(this.#config, name));
    // A model that the spec asked for itself is asked of the next one as well.
    const wasOwn = record.model === (before?.model ?? defaults.model);
    const model = wasOwn ? (now?.model ?? defaults.model) : record.model;
    const account = this.#account(chosen.name);
    return { name: chosen.name, account, ...(model === undefined ? {} : { model }) };
  }

  #choose(spec: Spec, working: readonly Working[], random: number): ChosenAgent | string {
    const named = this.#named(spec);
    const names = named === undefined ? this.#contenders() : [named];
    if (names.length === 0) names.push(this.#config.defaults.agent);
    const contenders = names.map((name) => this.#contender(name, working));
    const chosen = chooseAgent(this.#config.parallel.rotation, contenders, random);
    if (typeof chosen === "object") {
      return { name: chosen.name, isRotated: named === undefined && names.length > 1 };
    }
    const [first = ""] = names;
    if (chosen === "limited") {
      const clause = this.#limitOf(names) ?? "waits for the limit of its account";
      return names.length === 1 ? `its agent "${first}" ${clause}` : `each of its agents ${clause}`;
    }
    return names.length === 1
      ? `its agent "${first}" works on as many specs as it may`
      : "its agents work on as many specs as they may";
  }

  /** Those that share the work; without rotation the default one goes first. */
  #contenders(): string[] {
    const { parallel, defaults } = this.#config;
    const names = parallel.agents.map(({ name }) => name);
    if (names.length === 0 || parallel.rotation !== "none") return names;
    return [defaults.agent, ...names.filter((name) => name !== defaults.agent)];
  }

  #contender(name: string, working: readonly Working[]): Contender {
    const share = this.#config.parallel.agents.find((each) => each.name === name);
    return {
      name,
      weight: share?.weight ?? 1,
      maxConcurrent: share?.maxConcurrent,
      running: working.filter((each) => each.agent === name && isAtWork(each)).length,
      given: this.#given.get(name) ?? 0,
      isLimited: this.#isLimited(this.#accountOf(name) ?? "", working),
    };
  }

  /** Right after the end of a limit only so many may begin. */
  #isLimited(account: string, working: readonly Working[]): boolean {
    if (this.#waits.until.has(account)) return true;
    const endedMs = this.#waits.ended.get(account);
    if (endedMs === undefined) return false;
    const begun = working.filter(
      ({ agent, createdAtMs }) => createdAtMs >= endedMs && this.#accountOf(agent) === account,
    );
    return begun.length >= startsSince(endedMs, this.#clock.nowMs());
  }

  /** Of an agent that is not known none: that is told in other words. */
  #accountOf(name: string): string | undefined {
    const isKnown = name === "script" || this.#config.agents.has(name);
    return isKnown ? this.#account(name).id : undefined;
  }

  #account(name: string): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = accountFor(this.#config, agentNamed(this.#config, name));
      this.#accounts.set(name, account);
    }
    return account;
  }

  /** Names the limit that ends first. */
  #limitOf(names: readonly string[]): string | undefined {
    const limits = names.flatMap((name) => {
      const account = this.#accountOf(name);
      const untilMs = this.#waits.until.get(account ?? "") ?? this.#waits.ended.get(account ?? "");
      return account === undefined || untilMs === undefined ? [] : [{ account, untilMs }];
    });
    const [first] = limits.toSorted((a, b) => a.untilMs - b.untilMs);
    return first && limitClause(first.account, first.untilMs);
  }
}

/** Runs that wait take up nobody's time. */
const isAtWork = ({ phase }: Working): boolean => phase === "claimed" || phase === "running";
