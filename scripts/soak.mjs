/**
 * Runs the long tests one after the other: `npm run test:soak -- [--minutes N] [--seed N] [PART...]`. The time is shared
 * out among them, each prints its seed, and what they counted is told at the end and appended to the file that
 * CHANT_FIGURES names. It goes on after a part that fails, and fails in the end.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LAW_FILES } from "./law-files.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * @typedef {object} Part
 * @property {string} what
 * @property {number} share of the time; 0: it takes what it takes
 * @property {string} project
 * @property {readonly string[]} files
 * @property {string} [only]
 * @property {(ms: number, seed: string) => Record<string, string>} env
 */

/** How long a pair of crashes and a sequence take on two cores, in milliseconds, and how many readers share the fuzzing. */
const PAIR_MS = 700;
const SEQUENCE_MS = 500;
const READERS = 25;

const deep = {
  share: 0,
  project: "git",
  files: ["test/simulation/deep/deep.test.ts"],
  env: (/** @type {number} */ ms, /** @type {string} */ seed) => ({
    CHANT_SIMULATION_MS: String(ms),
    CHANT_SIMULATION_SEED: seed,
  }),
};

/** @type {Readonly<Record<string, Part>>} */
const PARTS = {
  simulation: { ...deep, what: "random histories over a simulated machine", share: 0.15, only: "random" },
  power: { ...deep, what: "the same with losses of power", share: 0.1, only: "power" },
  disk: {
    ...deep,
    what: "the same on a disk that is full at times, or fails",
    share: 0.1,
    only: "full at times",
  },
  silent: { ...deep, what: "the same in a silent project", share: 0.1, only: "silent project" },
  coordinator: {
    ...deep,
    what: "random histories of the coordinator over a model",
    share: 0.05,
    files: ["test/simulation/coordinator.test.ts"],
  },
  fuzz: {
    what: "readers of files and of agents' output",
    share: 0.1,
    project: "git",
    files: ["test/fuzz"],
    env: (ms, seed) => ({ FUZZ_MS: String(Math.ceil(ms / READERS)), FUZZ_SEED: seed }),
  },
  crashes: {
    what: "kill -9 in what mends a kill -9",
    share: 0.2,
    project: "e2e-exe",
    files: ["test/e2e/work/crash-twice.test.ts"],
    env: (ms, seed) => ({
      CRASH_PAIRS: process.env["CRASH_PAIRS"] ?? String(Math.ceil(ms / PAIR_MS)),
      CRASH_SEED: seed,
    }),
  },
  commands: {
    what: "many commands at once while the user commits",
    share: 0.1,
    project: "e2e-exe",
    files: ["test/e2e/work/many-commands.test.ts"],
    // In an hour of its own a thousand specs.
    env: (ms, seed) => ({
      MANY_COMMANDS_MS: String(ms),
      MANY_COMMANDS_SPECS: String(Math.max(12, Math.ceil(ms / 3_600))),
      MANY_COMMANDS_SEED: seed,
    }),
  },
  sequences: {
    what: "sequences of commands against a model",
    share: 0.1,
    project: "e2e-exe",
    files: ["test/e2e/sequences"],
    env: (ms, seed) => ({ SEQUENCES: String(Math.ceil(ms / SEQUENCE_MS)), SEQUENCES_SEED: seed }),
  },
  laws: {
    what: "10 million inputs of the laws of parser, merge, ids, escaper and backoff",
    share: 0,
    project: "unit",
    files: LAW_FILES,
    env: (_, seed) => ({ LAWS_RUNS: "10000000", LAWS_SEED: seed }),
  },
  kills: {
    what: "kill -9 before and after every effect, in both builds",
    share: 0,
    project: "e2e-*",
    files: [
      "test/e2e/work/crash.test.ts",
      "test/e2e/work/worst-moment.test.ts",
      "test/e2e/work/kill-agent.test.ts",
    ],
    env: () => ({}),
  },
  faults: {
    what: "every call of git spoiled in every way",
    share: 0,
    project: "e2e-exe",
    files: ["test/e2e/faults"],
    env: (_, seed) => ({ FAULTS: "all", FAULTS_SEED: seed }),
  },
};

const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, seed: { type: "string" } },
  allowPositionals: true,
});
const seed = values.seed ?? String(Date.now() % 1_000_000_007);
const totalMs = Number(values.minutes) * 60_000;
const unknown = positionals.find((name) => PARTS[name] === undefined);
if (unknown !== undefined || !(totalMs > 0) || !/^\d+$/.test(seed)) {
  process.stderr.write(
    `usage: npm run test:soak -- [--minutes N] [--seed N] [PART...]; the parts are ${Object.keys(PARTS).join(", ")}\n`,
  );
  process.exit(2);
}

const chosen = Object.entries(PARTS).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
const shares = chosen.reduce((sum, [, { share }]) => sum + share, 0);
const folder = mkdtempSync(join(tmpdir(), "chant-soak-"));
const file = process.env["CHANT_FIGURES"] ?? join(folder, "figures.jsonl");

/** @returns {readonly string[]} */
function linesNow() {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

const before = linesNow().length;
/** @type {string[]} */
const failed = [];
process.stdout.write(`soak: seed ${seed}, ${values.minutes} minutes\n`);
try {
  for (const [name, { what, share, project, files, only, env }] of chosen) {
    process.stdout.write(`\n== ${name}: ${what}\n`);
    const { status } = spawnSync(
      join(ROOT, "node_modules/.bin/vitest"),
      ["run", "--project", project, ...files, ...(only === undefined ? [] : ["-t", only])],
      {
        cwd: ROOT,
        stdio: "inherit",
        env: { ...process.env, ...env((totalMs * share) / (shares || 1), seed), CHANT_FIGURES: file },
      },
    );
    if (status !== 0) failed.push(name);
  }
  process.stdout.write("\n");
  for (const line of linesNow().slice(before)) {
    const { suite, figures } = JSON.parse(line);
    const counts = Object.entries(figures).map(([figure, value]) => `${value} ${figure}`);
    process.stdout.write(`${suite}: ${counts.join(", ")}\n`);
  }
  const end = failed.length === 0 ? "all parts passed" : `failed: ${failed.join(", ")}`;
  process.stdout.write(`soak: seed ${seed}: ${end}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed.length === 0 ? 0 : 1;
