import { expect, test } from "vitest";
import { Coordinator } from "../../src/app/engine/coordinator.ts";
import { newRunId, type RunRecord } from "../../src/app/engine/record.ts";
import type { Happening } from "../../src/app/engine/engine.ts";
import type { Verdict } from "../../src/domain/judge.ts";
import { figures } from "../kit/figures.ts";
import { Crash, Model } from "./model.ts";
import { recordOf } from "../kit/record.ts";

const POLICY = {
  maxRetries: 3,
  retryDelayMs: 60_000,
  backoffMultiplier: 2,
  maxDelayMs: 900_000,
  jitter: 0.2,
  retryablePatterns: ["rate_limit"],
};

/** Agents that finish, fail for a while, fail for good, or leave something that needs a person. */
function draw(random: () => number): Verdict & { readonly error?: string } {
  const n = random();
  if (n < 0.6) return { kind: "done", noChanges: false };
  if (n < 0.8) return { kind: "failed", reason: "the agent failed", error: "Error: rate_limit_exceeded" };
  if (n < 0.9) return { kind: "failed", reason: "criterion 1 of 1 is not ticked", error: "" };
  return { kind: "attention", reason: "a nested repository" };
}

class History {
  readonly model: Model;
  readonly events: Happening[] = [];
  #coordinator: Coordinator;
  readonly #slots: number;

  constructor(seed: number) {
    this.model = new Model(seed, 1 + (seed % 7), draw);
    this.#slots = 1 + (seed % 4);
    for (const id of this.model.specs) if (this.model.chance(0.15)) this.model.conflicting.add(id);
    if (this.model.chance(0.5)) {
      const some = (): readonly string[] => this.model.specs.filter(() => this.model.chance(0.3));
      this.model.gates.spoilers = [some(), some()].filter((set) => set.length > 0);
    }
    this.#coordinator = this.#start();
  }

  #start(): Coordinator {
    const { model } = this;
    const hands = model.hands();
    const generation = model.generation;
    const pending = (): readonly string[] =>
      model.specs.filter((id) => model.status.get(id) === "pending" && !model.records.has(id));
    return new Coordinator({
      hands,
      emit: (event) => void this.events.push(event),
      clock: { nowMs: () => model.nowMs, monotonicMs: () => model.nowMs },
      policy: () => POLICY,
      inbox: "/nowhere",
      slots: () => this.#slots,
      permanent: "needs_attention",
      target: "refs/heads/main",
      canStart: async () => pending().length > 0,
      start: async (atMost) => {
        const claimed: RunRecord[] = [];
        for (const id of pending().slice(0, atMost)) {
          const owner = { pid: generation, startedAt: "0", bootId: "model", host: "model" };
          const createdAtMs = model.nowMs;
          const record = recordOf(id, { run: newRunId(), phase: "claimed", owner, createdAtMs, launch: 0 });
          await hands.write(record);
          await hands.lock(record);
          claimed.push(record);
        }
        return claimed;
      },
      mayStill: async (claims) => claims,
      mayStart: () => true,
    });
  }

  /** One round of the coordinator, or its death and a new one. */
  async round(): Promise<void> {
    try {
      await this.#coordinator.adopt();
      await this.#coordinator.round();
      await this.#coordinator.finishCleaning();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#coordinator = this.#start();
    }
    const agents = [...this.model.processes.values()].filter(
      (process) => process.isAgentAlive && process.isRunnerAlive,
    );
    expect(agents.length).toBeLessThanOrEqual(this.#slots);
  }

  async run(): Promise<void> {
    const { model } = this;
    model.crashRate = 0.02;
    model.gitFailRate = 0.1;
    for (let n = 0; n < 40; n += 1) {
      const commits = model.commits.size;
      await this.round();
      expect(model.commits.size).toBeGreaterThanOrEqual(commits);
      model.live();
    }
    // From here on nobody dies and the user is done: everything must come to its end.
    model.crashRate = 0;
    model.gates.isUserBusy = false;
    for (let n = 0; n < 400 && !this.isOver(); n += 1) {
      model.live();
      model.edited.clear();
      model.isHomeBusy = false;
      model.nowMs += 60_000;
      await this.round();
    }
  }

  isOver(): boolean {
    return (
      [...this.model.records.values()].every((record) => record.parked?.isPublished === true) &&
      this.model.specs.every(
        (id) => this.model.status.get(id) !== "pending" && this.model.status.get(id) !== "in_progress",
      )
    );
  }

  check(): void {
    const { model } = this;
    for (const id of model.specs) {
      const record = model.records.get(id);
      const times = model.landed.filter((each) => each === id).length;
      const status = model.status.get(id);
      expect(times).toBe(status === "completed" ? 1 : 0);
      expect(["completed", "needs_attention"]).toContain(status);
      if (status === "completed") expect(record).toBeUndefined();
      else expect(record?.parked?.status).toBe("needs_attention");
      if (status !== "completed") expect(record?.parked?.reason).not.toBe("");
      // That passes by itself.
      expect(record?.parked?.reason).not.toBe("git found no memory");
    }
    expect([...model.locks]).toEqual([]);
    const kept = [...model.records.values()].map(({ run }) => run);
    expect([...model.worktrees].filter((run) => !kept.includes(run))).toEqual([]);
    expect([...model.branches].filter((run) => !kept.includes(run))).toEqual([]);
    for (const attempts of model.attempts.values()) {
      // And once more for what a gate has said.
      expect(attempts).toBeLessThanOrEqual(POLICY.maxRetries + (model.gates.spoilers === undefined ? 1 : 2));
    }
  }
}

const { CHANT_SIMULATION_MS, CHANT_SIMULATION_SEED = "1" } = process.env;

/**
 * How long the simulation goes on, in milliseconds; from which seed; and over how many histories. The default suite tells
 * the same ones each time, however long that takes; `npm run test:soak` draws new ones.
 */
const BUDGET_MS = Number(CHANT_SIMULATION_MS ?? Infinity);
const FIRST_SEED =
  CHANT_SIMULATION_SEED === "random" ? Date.now() % 1_000_000_007 : Number(CHANT_SIMULATION_SEED);
const COUNT = CHANT_SIMULATION_MS === undefined ? 12_000 : Infinity;
/** A history takes some milliseconds; this only ends what hangs. */
const LIMIT_MS = Math.min(BUDGET_MS, 600_000) + 60_000;

test(
  "random histories: every spec lands once or waits for a reason, whoever dies when",
  { timeout: LIMIT_MS },
  async () => {
    const until = performance.now() + BUDGET_MS;
    let seed = FIRST_SEED;
    for (; seed - FIRST_SEED < COUNT && (performance.now() < until || seed - FIRST_SEED < 200); seed += 1) {
      const history = new History(seed);
      try {
        await history.run();
        history.check();
        // Once more changes nothing.
        const before = JSON.stringify([
          ...history.model.records,
          ...history.model.status,
          history.model.landed,
        ]);
        await history.round();
        expect(
          JSON.stringify([...history.model.records, ...history.model.status, history.model.landed]),
        ).toBe(before);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
    expect(seed - FIRST_SEED).toBeGreaterThan(100);
    figures("histories of the coordinator", { histories: seed - FIRST_SEED });
    process.stdout.write(`simulation: ${seed - FIRST_SEED} histories from seed ${FIRST_SEED}\n`);
  },
);
