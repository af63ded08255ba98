import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chant } from "./chant.ts";
import { SIDES } from "./effects.ts";
import { canTrace, killAt, momentsOf } from "./strace.ts";
import type { TempRepo } from "./temp-repo.ts";

/** One way to kill one of chant's processes once, in the middle of what it does. */
export interface Kill {
  readonly name: string;
  /** Runs a command with it, and tells whether it has struck; whoever is left goes on. */
  readonly strike: (repo: TempRepo, args: readonly string[]) => Promise<boolean>;
}

/** Kills whoever gets first to one side of an effect: `claim.record:before`. */
export const killAtEffect = (point: string): Kill => ({
  name: point,
  strike: async (repo, args) => {
    const once = join(repo.root, "once");
    await writeFile(once, "");
    await chant(repo, args, { env: { CHANT_FAIL: point, CHANT_FAIL_ONCE: once } });
    const isMet = !repo.has("../once");
    await rm(once, { force: true });
    return isMet;
  },
});

/**
 * Runs a command to its end, and returns every kill that could have struck it: at each call of the system that changes
 * files, where those can be traced, and on both sides of each effect, the ones of the runners that it starts included.
 */
export async function killsOf(repo: TempRepo, args: readonly string[]): Promise<readonly Kill[]> {
  const log = join(repo.root, "effects");
  const env = { CHANT_EFFECTS_LOG: log };
  await writeFile(log, "");
  const moments = canTrace() ? await momentsOf(repo, args, { env }) : [];
  if (moments.length === 0) await chant(repo, args, { env });
  await repo.quiet();
  const effects = new Set((await readFile(log, "utf8")).split("\n").filter((name) => name !== ""));
  await rm(log);
  return [
    ...moments.map((moment): Kill => ({
      name: `${moment.call} ${moment.at}`,
      strike: (at, words) => killAt(at, words, moment),
    })),
    ...[...effects].flatMap((name) => SIDES.map((side) => killAtEffect(`${name}:${side}`))),
  ];
}
