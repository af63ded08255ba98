/**
 * The mutation check: takes one line of the source away at a time, in a copy of the repository, and demands that the
 * tests named beside it fail. Words on the command line choose the mutants by parts of their names or by their kind.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { figures } from "../kit/figures.ts";
import { type Judge, type Mutant, MUTANTS } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** The least share of the mutants that has to be caught. */
const WANTED = 0.95;
/** After this a test has not failed, but hangs. In milliseconds. */
const LIMIT_MS = 20 * 60_000;

type Outcome = "caught" | "survived" | "no test ran" | "not simulated" | "hung";

/** Copies what git would commit, with the packages as they are installed. */
function copyOfRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), "chant-mutate-"));
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  for (const path of listed.split("\0")) {
    if (path !== "") cpSync(join(ROOT, path), join(copy, path), { verbatimSymlinks: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Runs a judge's tests in the copy; `survived` where all of them pass. */
function judge(copy: string, { project = "git", file, only, env }: Judge): Outcome {
  if (project !== "git") {
    const build = spawnSync(join(ROOT, "node_modules/.bin/node"), ["scripts/build.mjs"], { cwd: copy });
    if (build.status !== 0) return "no test ran";
  }
  const report = join(copy, "mutate-report.json");
  rmSync(report, { force: true });
  const { error } = spawnSync(
    join(ROOT, "node_modules/.bin/vitest"),
    [
      "run",
      "--project",
      project,
      file,
      ...(only === undefined ? [] : ["-t", only]),
      "--bail=1",
      "--reporter=json",
      `--outputFile=${report}`,
    ],
    {
      cwd: copy,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: "ignore",
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    },
  );
  if (error !== undefined) return "hung";
  const { numFailedTests, numPassedTests, testResults = [] } = readReport(report);
  const words = testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap((each) => each.failureMessages),
  );
  // The simulated machine does not know what the mutant asks of it: that is no test which noticed anything.
  if (words.some((text) => /not simulated|\[vitest\] No "/.test(text))) return "not simulated";
  if (numFailedTests > 0) return "caught";
  return numPassedTests > 0 ? "survived" : "no test ran";
}

interface Report {
  readonly numFailedTests: number;
  readonly numPassedTests: number;
  readonly testResults?: readonly {
    readonly assertionResults: readonly { readonly failureMessages: readonly string[] }[];
  }[];
}

function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    return { numFailedTests: 0, numPassedTests: 0 };
  }
}

function tryMutant(copy: string, { file, from, to, judge: tests }: Mutant): Outcome {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  try {
    return judge(copy, tests);
  } finally {
    writeFileSync(path, text);
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function row(cells: readonly string[]): string {
  const [name = "", kind = "", outcome = "", time = "", tests = ""] = cells;
  return `${name.padEnd(44)} ${kind.padEnd(9)} ${outcome.padEnd(11)} ${time.padStart(6)}  ${tests}`.trimEnd();
}

/** What is to fail must pass as long as nothing is taken away. */
function requireHealthy(copy: string, mutants: readonly Mutant[]): void {
  const known = new Set<string>();
  for (const { judge: tests } of mutants) {
    const key = JSON.stringify(tests);
    if (known.has(key)) continue;
    known.add(key);
    const outcome = judge(copy, tests);
    say(row(["(nothing taken away)", "", outcome === "survived" ? "passes" : outcome, "", wordsOf(tests)]));
    if (outcome !== "survived") throw new Error(`${wordsOf(tests)} does not pass by itself`);
  }
}

const wordsOf = ({ file, only }: Judge): string => (only === undefined ? file : `${file} (${only})`);

function main(words: readonly string[]): number {
  const chosen = MUTANTS.filter(
    ({ name, kind }) => words.length === 0 || words.some((word) => kind === word || name.includes(word)),
  );
  if (chosen.length === 0) {
    process.stderr.write(
      `No mutant is called so. There are: ${MUTANTS.map(({ name }) => name).join(", ")}.\n`,
    );
    return 2;
  }
  const copy = copyOfRepository();
  try {
    say(row(["mutant", "kind", "outcome", "", "by"]));
    requireHealthy(copy, chosen);
    let caught = 0;
    for (const mutant of chosen) {
      const startMs = performance.now();
      const outcome = tryMutant(copy, mutant);
      if (outcome === "caught") caught += 1;
      const seconds = `${((performance.now() - startMs) / 1000).toFixed(0)} s`;
      say(
        row([
          mutant.name,
          mutant.kind,
          outcome === "caught" ? outcome : outcome.toUpperCase(),
          seconds,
          wordsOf(mutant.judge),
        ]),
      );
    }
    say(`${caught} of ${chosen.length} caught`);
    figures("mutation check", { mutants: chosen.length, caught });
    return caught / chosen.length < WANTED ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
