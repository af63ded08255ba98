import { join } from "node:path";
import { effect } from "../../../host/effects.ts";
import { listIfExists } from "../../../host/files.ts";
import { isAncestor } from "../../../git/refs.ts";
import type { Engine } from "../engine.ts";
import type { RunRecord } from "../record.ts";

/*
 * A silent project has no commit that says of itself whose landing it is. So a ref of chant's own names the commit that
 * the target is about to become: written before the swap, it is the proof once the target has that commit.
 */

const FOLDER = "refs/chant/landed";
const landedRef = (run: string): string => `${FOLDER}/${run}`;

/** Writes down what the target is about to become by the landing of a run. */
export async function noteLanding(
  { reader, refs }: Engine,
  record: Pick<RunRecord, "run">,
  commit: string,
): Promise<void> {
  const ref = landedRef(record.run);
  const there = await reader.resolve(ref);
  if (there === commit) return;
  // Only who holds the land lock writes it: another value is that of a try that came to nothing.
  await effect("silent.proof", () => refs.swap(ref, commit, there, "landing"));
}

/** Returns the commit with which a run has landed on a target. */
export async function provenLanding(
  { reader, repo }: Engine,
  record: Pick<RunRecord, "run">,
  target: string,
): Promise<string | undefined> {
  const commit = await reader.resolve(landedRef(record.run));
  return commit !== undefined && (await isAncestor(repo, commit, target)) ? commit : undefined;
}

/** Forgets the proof of a run that is over: the spec's file has its status by then. */
export async function forgetLanding({ reader, refs }: Engine, run: string): Promise<void> {
  const ref = landedRef(run);
  const there = await reader.resolve(ref);
  if (there !== undefined) await effect("silent.proof", () => refs.swap(ref, undefined, there, "over"));
}

/** Forgets the proofs of runs whose records are gone: whoever cleared one away was killed behind its record. */
export async function forgetOldLandings(engine: Engine, known: ReadonlySet<string>): Promise<void> {
  const runs = await listIfExists(join(engine.repo.commonDir, FOLDER));
  for (const run of runs.filter((each) => !known.has(each) && !each.endsWith(".lock"))) {
    await forgetLanding(engine, run);
  }
}
