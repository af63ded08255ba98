import { expect, test } from "vitest";
import { Coordinator } from "../../src/app/engine/coordinator.ts";
import { Governor } from "../../src/app/engine/governor.ts";
import { newRunId, type RunRecord } from "../../src/app/engine/record.ts";
import type { LaunchEnd } from "../../src/app/engine/launch.ts";
import { Model } from "./model.ts";
import { recordOf } from "../kit/record.ts";

const POLICY = {
  maxRetries: 3,
  retryDelayMs: 60_000,
  backoffMultiplier: 2,
  maxDelayMs: 900_000,
  jitter: 0,
  retryablePatterns: [],
};
const HOUR_MS = 3_600_000;

/** A repository with its coordinator, whose runs are of some account each; time and agents are the test's. */
class Project {
  readonly model: Model;
  readonly launched: { readonly id: string; readonly atMs: number }[] = [];
  readonly #coordinator: Coordinator;

  constructor(accounts: readonly string[], clock: { nowMs: number }) {
    this.model = new Model(1, accounts.length, () => ({ kind: "done", noChanges: false }));
    const hands = this.model.hands();
    const real = { nowMs: () => clock.nowMs, monotonicMs: () => clock.nowMs };
    const governor = new Governor(real);
    const owner = { pid: 1, startedAt: "0", bootId: "model", host: "model" };
    const start = async (): Promise<readonly RunRecord[]> => {
      const claimed = this.model.specs.flatMap((id, at): RunRecord[] => {
        if (this.model.status.get(id) !== "pending" || this.model.records.has(id)) return [];
        const account = { id: accounts[at] ?? "", by: "a key" };
        const createdAtMs = clock.nowMs;
        return [recordOf(id, { run: newRunId(), phase: "claimed", owner, account, createdAtMs, launch: 0 })];
      });
      for (const record of claimed) await hands.write(record);
      return claimed;
    };
    this.#coordinator = new Coordinator({
      hands: {
        ...hands,
        limits: () => governor.waits(),
        limited: (record, limit) => governor.met(record, limit),
        launch: async (record) => {
          this.launched.push({ id: record.id, atMs: clock.nowMs });
          return hands.launch(record);
        },
      },
      emit: () => {},
      clock: real,
      policy: () => POLICY,
      inbox: "/nowhere",
      slots: () => 100,
      permanent: "needs_attention",
      target: "refs/heads/main",
      canStart: async () => true,
      start,
      mayStill: async (claims) => claims,
      mayStart: () => true,
    });
  }

  async settle(): Promise<void> {
    // Whether its checkout is busy is drawn: a landing may need another look.
    for (let n = 0; n < 5; n += 1) {
      this.model.edited.clear();
      await this.#coordinator.round();
    }
  }

  /** Ends the agent of a run. */
  end(id: string, part: Pick<LaunchEnd, "verdict"> & Partial<LaunchEnd>): void {
    const record = this.model.records.get(id);
    if (record === undefined) throw new Error(`${id} has no run`);
    const { run, launch } = record;
    const agent = { kind: "exited", code: 0 } as const;
    this.model.ends.set(`${run} ${launch}`, {
      version: 1,
      agent,
      tip: `tip ${run}`,
      commits: [run],
      ...part,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#coordinator[Symbol.asyncDispose]();
  }
}

const DONE = { verdict: { kind: "done", noChanges: false } } as const;

const limited = (resetsAtMs?: number): Pick<LaunchEnd, "verdict" | "report"> => ({
  verdict: { kind: "failed", reason: "429" },
  report: {
    end: { isOk: false, trouble: "rate_limit", isRetryable: true, ...(resetsAtMs && { resetsAtMs }) },
  },
});

test("a rate limit on one account with 8 runs pauses those and no others, in all repositories, and they go on spread", async () => {
  const clock = { nowMs: Date.parse("2026-01-22T10:00:00Z") };
  const [mine, other] = [`claude-${newRunId()}`, `claude-${newRunId()}`];
  await using one = new Project([...Array<string>(6).fill(mine), other, other, other], clock);
  await using two = new Project([mine, mine, other], clock);
  const all = [one, two];
  for (const project of all) await project.settle();
  expect(all.flatMap(({ launched }) => launched).length).toBe(12);
  const resetMs = clock.nowMs + HOUR_MS;
  clock.nowMs += 60_000;

  // One of them meets the limit; the others of its account do at their next question, most without being told when.
  one.end("s0", limited(resetMs));
  await one.settle();
  for (const id of ["s1", "s2", "s3", "s4"]) one.end(id, limited());
  // A program that waits in silence is ended by the stall timer.
  one.end("s5", { verdict: { kind: "failed", reason: "stalled" }, agent: { kind: "stalled", minutes: 5 } });
  two.end("s0", limited());
  two.end("s1", limited());
  for (const project of all) await project.settle();
  for (const project of all) project.launched.length = 0;

  // Until the reset none of them asks again, and what another account does goes on.
  one.end("s6", DONE);
  two.end("s2", {
    verdict: { kind: "failed", reason: "503" },
    report: { end: { isOk: false, isRetryable: true } },
  });
  for (; clock.nowMs < resetMs; clock.nowMs += 10_000) for (const project of all) await project.settle();
  expect(one.launched).toEqual([]);
  expect(two.launched.map(({ id }) => id)).toEqual(["s2"]);
  expect(one.model.status.get("s6")).toBe("completed");
  const waiting = all.flatMap(({ model }) =>
    [...model.records.values()].filter((each) => each.phase === "retrying"),
  );
  expect(waiting.map(({ account }) => account?.id)).toEqual(Array<string>(8).fill(mine));
  expect(waiting.map(({ retry }) => retry?.resetsAtMs)).toEqual(Array<number>(8).fill(resetMs));

  // Then all of them do, each at a time of its own within some seconds.
  two.launched.length = 0;
  for (let ms = 0; ms < 25_000; ms += 250) {
    clock.nowMs = resetMs + ms;
    for (const project of all) await project.settle();
  }
  const again = all.flatMap(({ launched }) => launched);
  expect(again.length).toBe(8);
  const times = again.map(({ atMs }) => atMs - resetMs);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...times)).toBeLessThanOrEqual(20_250);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(8_000);
  for (const project of all) {
    const own = project.launched.map(({ atMs }) => atMs);
    // Two may fall into one step of this clock.
    expect(new Set(own).size).toBeGreaterThanOrEqual(own.length - 1);
  }
});
