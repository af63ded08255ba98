import { expect, test } from "vitest";
import { Coordinator } from "../../src/app/engine/coordinator.ts";
import { newRunId, type RunRecord } from "../../src/app/engine/record.ts";
import { Model } from "./model.ts";
import { recordOf } from "../kit/record.ts";

const POLICY = {
  maxRetries: 0,
  retryDelayMs: 60_000,
  backoffMultiplier: 2,
  maxDelayMs: 900_000,
  jitter: 0,
  retryablePatterns: [],
};
const OWNER = { pid: 1, startedAt: "0", bootId: "model", host: "model" };

const claimed = (id: string, createdAtMs: number): RunRecord =>
  recordOf(id, { run: newRunId(), phase: "claimed", owner: OWNER, createdAtMs, launch: 0 });

/** A coordinator with one slot; agents go on until they are ended. */
function coordinatorOf(model: Model): Coordinator {
  const hands = model.hands();
  return new Coordinator({
    hands,
    emit: () => {},
    clock: { nowMs: () => model.nowMs, monotonicMs: () => model.nowMs },
    policy: () => POLICY,
    inbox: "/nowhere",
    slots: () => 1,
    permanent: "needs_attention",
    target: "refs/heads/main",
    canStart: async () => true,
    start: async (atMost) => {
      const free = model.specs.filter((id) => model.status.get(id) === "pending" && !model.records.has(id));
      const claims = free.slice(0, atMost).map((id) => claimed(id, model.nowMs));
      for (const record of claims) await hands.write(record);
      return claims;
    },
    mayStill: async (claims) => claims,
    mayStart: () => true,
  });
}

/** Some rounds, each some time after the last: whether the user is busy is drawn, and then they are left alone. */
async function rounds(model: Model, coordinator: Coordinator): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    model.nowMs += 10_000;
    await coordinator.round();
  }
}

test.for<readonly [string, (record: RunRecord) => RunRecord | undefined]>([
  ["was cleared away", () => undefined],
  ["belongs to another process", (record) => ({ ...record, owner: { ...OWNER, pid: 2 } })],
  ["made room for another run of its spec", (record) => ({ ...record, run: newRunId() })],
])("a run that %s is let go: it holds no slot, and nothing is done about it", async ([, taken]) => {
  const model = new Model(1, 2, () => ({ kind: "done", noChanges: false }));
  await using coordinator = coordinatorOf(model);
  await rounds(model, coordinator);
  const [mine, ...others] = coordinator.records;
  if (mine === undefined) throw new Error("nothing was started");
  expect([mine.id, mine.phase, others.length]).toEqual(["s0", "running", 0]);

  const theirs = taken(mine);
  if (theirs === undefined) model.records.delete("s0");
  else model.records.set("s0", theirs);
  model.status.set("s0", "cancelled");
  // What its agent still says is nobody's business any more.
  model.ends.set(`${mine.run} ${mine.launch}`, {
    version: 1,
    agent: { kind: "exited", code: 0 },
    verdict: { kind: "done", noChanges: false },
    tip: `tip ${mine.run}`,
    commits: [`tip ${mine.run}`],
  });
  await rounds(model, coordinator);
  expect(coordinator.records.map(({ id, phase }) => [id, phase])).toEqual([["s1", "running"]]);
  expect(model.records.get("s0")).toEqual(theirs);
  expect([model.status.get("s0"), model.landed]).toEqual(["cancelled", []]);
});
