import { expect, test, vi } from "vitest";
import { EFFECTS } from "../../../src/host/effects.ts";
import { simulateGlobals } from "./faces/globals.ts";
import { History } from "./history.ts";

vi.mock("node:fs", () => import("./faces/fs.ts"));
vi.mock("node:fs/promises", () => import("./faces/fs-promises.ts"));
vi.mock("node:child_process", () => import("./faces/child-process.ts"));
vi.mock("node:sqlite", () => import("./faces/sqlite.ts"));
vi.mock("node:timers/promises", () => import("./faces/timers.ts"));
vi.mock("node:zlib", () => import("./faces/zlib.ts"));
vi.mock("node:crypto", () => import("./faces/crypto.ts"));
vi.mock("../../../src/host/database.ts", () => import("./faces/database.ts"));
vi.mock("../../../src/host/identity.ts", async (original) => ({
  ...(await original<object>()),
  ...(await import("./faces/identity.ts")),
}));
vi.mock("../../../src/host/effects.ts", async (original) => ({
  ...(await original<object>()),
  ...(await import("./faces/effects.ts")),
}));
vi.mock("../../../src/host/own-program.ts", async (original) => ({
  ...(await original<object>()),
  ownProgram: async () => ({ argv: ["/chant"], binFolder: "/bin" }),
}));

const { CHANT_SIMULATION_MS, CHANT_SIMULATION_SEED, CHANT_SIMULATION_COUNT, CHANT_SIMULATION_TELL } =
  process.env;

/**
 * How long the simulation goes on, in milliseconds; from which seed; and over how many at most. The default suite tells
 * the same histories each time, so that a red one is of the change at hand; `npm run test:soak` draws new ones.
 */
const BUDGET_MS = Number(CHANT_SIMULATION_MS ?? 20_000);
const FIRST_SEED = seedOf(CHANT_SIMULATION_SEED ?? "1");
const COUNT = Number(CHANT_SIMULATION_COUNT ?? (CHANT_SIMULATION_MS === undefined ? 400 : Infinity));

function seedOf(given: string): number {
  return given === "random" ? Date.now() % 1_000_000_007 : Number(given);
}

/** Effects of commands that are no part of these histories. */
const ELSEWHERE = /^(spec|split|pause|archive|cleanup|command)\./;

const DANGERS = {
  killRate: 0.002,
  effectKillRate: 0.01,
  powerLossRate: 0,
  lostEventRate: 0.3,
  pauseRate: 0.1,
};

test(
  "random histories of the real engine over a simulated machine",
  { timeout: BUDGET_MS + 60_000 },
  async () => {
    using _globals = simulateGlobals();
    const untilMs = performance.now() + BUDGET_MS;
    const visited = new Set<string>();
    let [seed, kills] = [FIRST_SEED, 0];
    for (; performance.now() < untilMs && seed - FIRST_SEED < COUNT; seed += 1) {
      const history = new History(seed);
      try {
        await history.run(DANGERS);
      } catch (error) {
        if (CHANT_SIMULATION_TELL !== undefined) process.stdout.write(history.story());
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        throw new Error(`seed ${seed}: ${words}`, { cause: error });
      }
      kills += history.machine.kills;
      for (const name of history.machine.visited.keys()) visited.add(name);
    }
    const count = seed - FIRST_SEED;
    process.stdout.write(`deep simulation: ${count} histories from seed ${FIRST_SEED}, ${kills} kills\n`);
    const missed = EFFECTS.filter((name) => !visited.has(name) && !ELSEWHERE.test(name));
    if (count > 300) expect(missed).toEqual([]);
  },
);
