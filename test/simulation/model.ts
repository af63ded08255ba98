import type { Verdict } from "../../src/domain/judge.ts";
import type { RunState } from "../../src/domain/plan.ts";
import { ChantError } from "../../src/kit/errors.ts";
import { parseLimits, waitsOf, withLimit } from "../../src/domain/limits.ts";
import type { Hands } from "../../src/app/engine/hands.ts";
import type { LaunchEnd } from "../../src/app/engine/launch.ts";
import { agentRetry, type RunRecord } from "../../src/app/engine/record.ts";
import { accountIdOf, type Entry, errorOf } from "../../src/app/engine/run-state.ts";
import { nothingYet, type Settled } from "../../src/app/engine/settle.ts";
import { GateModel } from "./gate-model.ts";
import { randomFrom } from "./random.ts";

/** Thrown where the simulated process dies. */
export class Crash extends Error {}

interface Process {
  readonly launch: number;
  isRunnerAlive: boolean;
  isAgentAlive: boolean;
}

const DEAD_OWNER = { pid: 0, startedAt: "0", bootId: "model", host: "model" };

/**
 * The world of a coordinator as a model: what would be on disk survives a crash, what a process knows does not. Every
 * hand may die before and after its effect; a landing also between writing its records and moving the branch.
 */
export class Model {
  readonly random: () => number;
  readonly specs: readonly string[];
  nowMs = 1_000_000;
  /** Raised with each restart: hands of a process that died do nothing any more. */
  generation = 1;
  crashRate = 0;
  /** How often git fails where a run is started, in a way that passes. */
  gitFailRate = 0;
  /** The target: commits are only added, and each run's finalize commit is there once. */
  readonly commits = new Set<string>(["root"]);
  readonly landed: string[] = [];
  readonly status = new Map<string, string>();
  readonly records = new Map<string, RunRecord>();
  readonly locks = new Set<string>();
  readonly worktrees = new Set<string>();
  readonly branches = new Set<string>();
  readonly processes = new Map<string, Process>();
  readonly ends = new Map<string, LaunchEnd>();
  readonly attempts = new Map<string, number>();
  /** Whose landing an edit of the user's is in the way of. */
  readonly edited = new Set<string>();
  readonly conflicting = new Set<string>();
  isHomeBusy = false;
  /** The limits of accounts, as everybody knows them. */
  limits = parseLimits(undefined);
  /** Set while a landing was cut off after its intent: finished by `recover`. */
  intent: (() => void) | undefined;
  readonly gates = new GateModel();
  /** How each end of an agent is drawn. */
  readonly drawVerdict: (run: string) => Verdict & { readonly error?: string };

  constructor(
    seed: number,
    specs: number,
    draw: (random: () => number) => Verdict & { readonly error?: string },
  ) {
    this.random = randomFrom(seed);
    this.specs = Array.from({ length: specs }, (_, n) => `s${n}`);
    for (const id of this.specs) this.status.set(id, "pending");
    this.drawVerdict = () => draw(this.random);
  }

  chance(rate: number): boolean {
    return this.random() < rate;
  }

  /** What the user and the agents do meanwhile. */
  live(): void {
    this.nowMs += Math.floor(this.random() * 30_000);
    for (const [run, process] of this.processes) this.#liveRun(run, process);
    for (const id of this.specs) {
      if (this.chance(0.05)) this.edited.add(id);
      else if (this.chance(0.3)) this.edited.delete(id);
    }
    this.isHomeBusy = this.chance(0.1);
    this.gates.live(this.random);
  }

  #liveRun(run: string, process: Process): void {
    if (process.isRunnerAlive && this.chance(0.05)) process.isRunnerAlive = false;
    if (process.isAgentAlive && this.chance(0.03)) process.isAgentAlive = false;
    if (process.isRunnerAlive && !process.isAgentAlive) {
      this.#end(run, process, { kind: "interrupted", reason: "it was killed" });
    } else if (process.isRunnerAlive && this.chance(0.4)) this.#end(run, process, this.drawVerdict(run));
  }

  #end(run: string, process: Process, { error, ...verdict }: Verdict & { readonly error?: string }): void {
    process.isRunnerAlive = false;
    process.isAgentAlive = false;
    const agent = verdict.kind === "done" ? { kind: "exited", code: 0 } : { kind: "exited", code: 1 };
    this.ends.set(`${run} ${process.launch}`, {
      version: 1,
      agent: agent as LaunchEnd["agent"],
      verdict,
      tip: `tip ${run}`,
      commits: [`tip ${run}`],
      ...(error === undefined ? {} : { errorText: error }),
    });
  }

  hands(): Hands {
    const mine = this.generation;
    const step = async <T>(run: () => T): Promise<T> => {
      if (this.generation !== mine || this.chance(this.crashRate)) this.#die(mine);
      const result = run();
      if (this.chance(this.crashRate)) this.#die(mine);
      return result;
    };
    const owner = { ...DEAD_OWNER, pid: mine };
    const isOwn = (record: RunRecord): boolean => record.owner.pid === mine;
    return {
      records: () => step(() => new Map(this.records)),
      record: (id) => step(() => this.records.get(id)),
      write: (record) => step(() => void this.records.set(record.id, record)),
      isOwn,
      isOrphan: (record) => record.owner.pid !== this.generation || isOwn(record),
      takeOver: ({ id }) =>
        step(() => {
          const record = this.records.get(id);
          if (record === undefined) return undefined;
          const taken = { ...record, owner };
          this.records.set(id, taken);
          if (taken.phase !== "parked" && taken.phase !== "retrying") this.locks.add(id);
          return taken;
        }),
      unclaim: (record) =>
        step(() => {
          this.locks.delete(record.id);
          this.records.delete(record.id);
        }),
      recover: () =>
        step(() => {
          this.#recover();
          return true;
        }),
      lock: (record) => step(() => void this.locks.add(record.id)),
      unlock: (id) => step(() => void this.locks.delete(id)),
      look: (entry) => step(() => this.#look(entry)),
      makeWorktree: async (record) => {
        await step(() => void this.branches.add(record.run));
        this.#mayFail();
        await step(() => void this.worktrees.add(record.run));
        return { ...record, worktree: record.run, adminDir: record.run };
      },
      launch: async (record) => {
        // Only a run whose agent is gone needs git for that.
        if (record.phase === "retrying") this.#mayFail();
        const launch = record.launch + 1;
        const { isSameAttempt: _isSame, retry: _retry, ...rest } = record;
        const retry = agentRetry(record);
        const running: RunRecord = {
          ...rest,
          ...(retry === undefined ? {} : { retry }),
          phase: "running",
          launch,
        };
        await step(() => void this.records.set(record.id, running));
        if (record.gate?.wasResumed === true && this.chance(0.5)) this.gates.mend(record.id);
        await step(() => this.#spawn(record.run, launch, record.attempt));
        return { record: running, done: new Promise(() => {}) };
      },
      settle: (batch) => this.#settle(batch, step, owner),
      rest: async () => undefined,
      gate: (test, { signal, onStart }) => this.gates.run(test, signal, onStart, this.chance(0.1)),
      isStale: (test) => step(() => this.gates.isStale(test, this.landed)),
      clean: async (record) => {
        await step(() => void this.locks.delete(record.id));
        await step(() => void this.worktrees.delete(record.run));
        // git may refuse, for its own locks.
        if (this.chance(0.2)) throw new Error("the branch is locked");
        await step(() => void this.branches.delete(record.run));
        await step(() => void this.records.delete(record.id));
      },
      pause: async (record) => record,
      retire: async () => undefined,
      limits: async () => waitsOf(this.limits, this.nowMs),
      limited: (record, limit) =>
        step(() => {
          const { id: account, by } = record.account ?? { id: record.agent, by: "" };
          const met = { ...limit, account, by, metAtMs: this.nowMs, metBy: record.id };
          this.limits = withLimit(this.limits, met, this.nowMs);
        }),
    };
  }

  #mayFail(): void {
    if (this.chance(this.gitFailRate)) throw new ChantError("GIT_FAILED", "git found no memory.");
  }

  #die(generation: number): never {
    if (this.generation === generation) this.generation += 1;
    throw new Crash();
  }

  #recover(): void {
    this.intent?.();
    this.intent = undefined;
  }

  #look(entry: Entry): RunState {
    const { record, dueMs } = entry;
    const { id, interruptions, relaunches, retry, run, launch } = record;
    const account = accountIdOf(record);
    const common = { id, interruptions, relaunches, account, retries: agentRetry(record)?.n ?? 0 };
    if (record.phase === "claimed") {
      return {
        ...common,
        at: { kind: "claimed", hasBase: record.base !== undefined && this.commits.has(record.base) },
      };
    }
    if (record.phase === "landing") return { ...common, at: { kind: "landing", dueMs } };
    if (record.phase === "retrying") {
      const reset = retry?.resetsAtMs === undefined ? {} : { resetsAtMs: retry.resetsAtMs };
      const start = retry?.start === undefined ? {} : { isStart: true as const };
      return { ...common, at: { kind: "retrying", dueMs: retry?.atMs ?? 0, ...reset, ...start } };
    }
    if (record.phase === "retiring") return { ...common, at: { kind: "retiring", dueMs } };
    if (record.phase === "parked") {
      return {
        ...common,
        at: record.parked?.isPublished === true ? { kind: "parked" } : { kind: "parking", dueMs },
      };
    }
    const end = this.ends.get(`${run} ${launch}`);
    if (end !== undefined) {
      entry.end = end;
      return { ...common, at: { kind: "ended", verdict: end.verdict, error: errorOf(end) } };
    }
    const process = this.processes.get(run);
    const isThere = process?.launch === launch && process.isRunnerAlive;
    return { ...common, at: isThere ? { kind: "running" } : { kind: "orphaned", dueMs } };
  }

  /** A runner that finds its agent goes on with it; one that does not starts it, or judges what is left of it. */
  #spawn(run: string, launch: number, attempt: number): void {
    this.attempts.set(run, Math.max(this.attempts.get(run) ?? 0, attempt));
    const before = this.processes.get(run);
    const hasEnded = before === undefined || this.ends.has(`${run} ${before.launch}`);
    const process = { launch, isRunnerAlive: true, isAgentAlive: hasEnded || before.isAgentAlive };
    this.processes.set(run, process);
    if (!process.isAgentAlive) this.#end(run, process, { kind: "interrupted", reason: "it vanished" });
  }

  async #settle(
    batch: Parameters<Hands["settle"]>[0],
    step: <T>(run: () => T) => Promise<T>,
    owner: RunRecord["owner"],
  ): Promise<Settled> {
    await step(() => this.#recover());
    const settled = { ...nothingYet(), userWasBusy: this.chance(0.1) };
    const waits = { reason: "local changes", files: ["a"], isPassing: false };
    const land: RunRecord[] = [];
    for (const record of batch.land) {
      if (record.finalize !== undefined && this.commits.has(record.finalize)) {
        settled.landed.push({ record, commit: record.finalize, drivers: [] });
      } else if (this.conflicting.has(record.id)) settled.conflicts.push({ record, reason: "conflict" });
      else if (record.tip === undefined) throw new Error(`${record.id} lands without a tip`);
      else if (this.edited.has(record.id) || this.isHomeBusy) settled.held.push({ record, waits });
      else land.push({ ...record, finalize: `finalize ${record.run}` });
    }
    const gated = this.gates.sift(land, this.landed, batch.target);
    land.splice(0, land.length, ...gated.land);
    settled.held.push(...gated.held);
    settled.failed.push(...gated.failed);
    settled.queued.push(...gated.queued);
    settled.test = gated.test;
    const completed = [...settled.landed.map(({ record }) => record.id), ...land.map(({ id }) => id)];
    const claimed = await batch.start(completed);
    const started = claimed.map((record) => ({ ...record, base: `start ${record.run}`, owner }));
    for (const record of [...land, ...started]) await step(() => void this.records.set(record.id, record));
    const publish = (): void => {
      for (const record of land) {
        this.commits.add(`finalize ${record.run}`);
        this.landed.push(record.id);
        this.gates.check(this.landed);
        this.status.set(record.id, "completed");
      }
      for (const record of batch.park) {
        if (!this.isHomeBusy) this.status.set(record.id, record.parked?.status ?? "failed");
      }
      for (const record of started) {
        this.commits.add(`start ${record.run}`);
        this.status.set(record.id, "in_progress");
      }
    };
    // Cut off between the intent and the branch, the next one finishes it.
    await step(() => (this.intent = publish));
    await step(() => this.#recover());
    for (const record of land) settled.landed.push({ record, commit: `finalize ${record.run}`, drivers: [] });
    for (const record of batch.park) settled.parked.push({ record, isPublished: !this.isHomeBusy });
    settled.started.push(...started);
    return settled;
  }
}
