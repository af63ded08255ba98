import { join } from "node:path";
import { type Ended, run, type Running, start } from "./process.ts";
import type { TempRepo } from "./temp-repo.ts";

const DIST = join(import.meta.dirname, "..", "..", "dist");

/** The command line of the built program that this test project is about: `CHANT_UNDER_TEST` is exe or node. */
export function programUnderTest(): readonly [file: string, ...args: readonly string[]] {
  const kind = process.env["CHANT_UNDER_TEST"];
  if (kind === "exe") return [join(DIST, `chant-${process.platform}-${process.arch}`)];
  if (kind === "node") return [process.execPath, join(DIST, "chant.mjs")];
  throw new Error(`CHANT_UNDER_TEST is ${kind ?? "not set"}: run this in the projects e2e-exe and e2e-node`);
}

/** Tells whether the tests are about the bundle on Node, where a start of chant takes several times as long. */
export const isNodeUnderTest = process.env["CHANT_UNDER_TEST"] === "node";

export interface ChantOptions {
  /** Where it runs; the repository's checkout when left out. */
  readonly cwd?: string;
  /** Added to the hermetic environment; undefined removes a variable. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly limitMs?: number;
}

/** Runs chant to its end, whatever its status. */
export function chant(repo: TempRepo, args: readonly string[], options: ChantOptions = {}): Promise<Ended> {
  const [file, ...before] = programUnderTest();
  return run(file, [...before, ...args], startOptions(repo, options), options.limitMs);
}

/** Runs chant and returns its standard output; any status but 0 fails the test. */
export async function chantOk(
  repo: TempRepo,
  args: readonly string[],
  options: ChantOptions = {},
): Promise<string> {
  const { status, signal, stdout, stderr } = await chant(repo, args, options);
  if (status === 0) return stdout;
  throw new Error(
    `chant ${args.join(" ")} ended with ${status ?? signal}.\nstdout: ${stdout}\nstderr: ${stderr}`,
  );
}

/** Starts chant and leaves it running: for signals, and for what it says on the way. */
export function startChant(repo: TempRepo, args: readonly string[], options: ChantOptions = {}): Running {
  const [file, ...before] = programUnderTest();
  return start(file, [...before, ...args], startOptions(repo, options));
}

const startOptions = (
  repo: TempRepo,
  { cwd, env, input }: ChantOptions,
): { cwd: string; env: NodeJS.ProcessEnv; input: string | undefined } => ({
  cwd: cwd ?? repo.path,
  env: { ...repo.env, ...env },
  input,
});

/** Runs chant with `--json` and returns the data of its one object, in the shape that the test expects it to have. */
export async function chantJson<T>(
  repo: TempRepo,
  args: readonly string[],
  options: ChantOptions = {},
): Promise<T> {
  const printed = JSON.parse(await chantOk(repo, [...args, "--json"], options)) as {
    version: number;
    data: T;
  };
  if (printed.version !== 1) {
    throw new Error(`version ${printed.version} of the JSON of chant ${args.join(" ")}`);
  }
  return printed.data;
}
