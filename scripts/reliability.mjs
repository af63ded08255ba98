/**
 * Writes docs/reference/reliability.json and the page that is made of it. `npm run reference:reliability` runs the
 * suites first, with `-- --all` all that they know (an hour); `-- FILE` takes what they have written into FILE before.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, type } from "node:os";
import { join } from "node:path";
import { reliabilityPage, sumUp } from "../test/kit/reliability.ts";
import { LAW_FILES } from "./law-files.mjs";

/** What says figures of itself. */
const SUITES = [
  ...LAW_FILES,
  "test/simulation",
  "test/fuzz",
  "test/cli/bad-input.test.ts",
  "test/git/publish.test.ts",
  "test/e2e/faults",
  "test/e2e/sequences",
  "test/e2e/work/crash.test.ts",
  "test/e2e/work/crash-twice.test.ts",
  "test/e2e/work/hostile.test.ts",
  "test/e2e/work/many-commands.test.ts",
];

const [given] = process.argv.slice(2);
const isAll = given === "--all";
const folder = mkdtempSync(join(tmpdir(), "chant-figures-"));
try {
  const file = given === undefined || isAll ? join(folder, "figures.jsonl") : given;
  if (file !== given) {
    const env = {
      ...process.env,
      CHANT_FIGURES: file,
      ...(isAll
        ? { FAULTS: "all", FUZZ_MS: "20000", CRASH_PAIRS: "1000", LAWS_RUNS: "1000000", SEQUENCES: "500" }
        : {}),
    };
    const { status } = spawnSync("npx", ["vitest", "run", ...SUITES], { env, stdio: "inherit" });
    if (status !== 0) throw new Error("A suite failed: no page is made of that.");
  }
  if (!existsSync(file)) throw new Error(`${file} is not there.`);
  const made = {
    // With a file, its suites were run before, perhaps one by one.
    command:
      file === given
        ? `${process.env["FAULTS"] === "all" ? "FAULTS=all " : ""}npm run reference:reliability -- FILE`
        : `npm run reference:reliability${isAll ? " -- --all" : ""}`,
    date: new Date().toISOString().slice(0, 10),
    git: execFileSync("git", ["version"], { encoding: "utf8" }).trim(),
    node: process.versions.node,
    system: `${type()} ${release().replace(/-.*/, "")} on ${cpus().length} cores`,
    suites: sumUp(readFileSync(file, "utf8")),
  };
  const reference = new URL("../docs/reference/", import.meta.url);
  writeFileSync(new URL("reliability.json", reference), `${JSON.stringify(made, undefined, 2)}\n`);
  writeFileSync(new URL("reliability.md", reference), reliabilityPage(made));
} finally {
  rmSync(folder, { recursive: true });
}
