import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EFFECTS } from "../../../src/host/effects.ts";
import { chant } from "../../kit/chant.ts";
import { figures } from "../../kit/figures.ts";
import { numberOf, randomFrom } from "../../kit/random.ts";
import { tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

/** Kills while what a first kill left is being mended: some pairs of moments, or with CRASH_PAIRS=N or all, more. */
const SEED = numberOf("CRASH_SEED", 7);
const WANTED = process.env["CRASH_PAIRS"] ?? "3";

const A = "2026-01-01-001-abc";
/** Started again in a half-done worktree it does what is left. */
const SCRIPT = `echo done >a.txt
chant tick --all
git add -A
git diff --cached --quiet || git commit -q -m "Add a"`;

/** What every run from its claim to its end passes through. */
const MET = EFFECTS.filter((name) =>
  /^(claim|publish|start|worktree|land|clean|runner\.(spawn|record|checkout|prompt|end)|agent)/.test(name),
).filter((name) => !name.startsWith("cleanup."));
const POINTS = MET.flatMap((name) => [`${name}:before`, `${name}:after`]);
/** What was done before the first kill seldom comes again. */
const ALL = POINTS.flatMap((first, at) => POINTS.slice(at).map((second) => [first, second] as const));

function pairs(): readonly (readonly [string, string])[] {
  const random = randomFrom(SEED);
  const left = [...ALL];
  const count = WANTED === "all" ? left.length : Math.min(left.length, Number(WANTED));
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)).flat();
}

/** Works until the moment, at which whoever gets there is killed; returns whether anybody did. */
async function workUntil(repo: TempRepo, moment: string): Promise<boolean> {
  const once = join(repo.root, "once");
  await writeFile(once, "");
  await chant(repo, ["work"], { env: { CHANT_FAIL: moment, CHANT_FAIL_ONCE: once } });
  return !repo.has("../once");
}

let [kills, survived] = [0, 0];
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";

test.runIf(isHere).each(pairs())(
  `kill -9 %s, then %s in what mends that: the same end as without (seed ${SEED})`,
  async (first, second) => {
    await using repo = await tempProject({ specs: { [A]: { title: "A", script: SCRIPT } } });
    expect(await workUntil(repo, first), "the first moment was met").toBe(true);
    // What is done already is not done again, so that the second moment may not come.
    const isMet = await workUntil(repo, second);
    const again = await chant(repo, ["work"]);
    expect({ status: again.status, stderr: again.status === 0 ? "" : again.stderr }).toEqual({
      status: 0,
      stderr: "",
    });
    await expectNoTraces(repo);
    expect(await repo.read("a.txt")).toBe("done\n");
    expect(await statusOn(repo, A)).toBe("completed");
    expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
    const tip = await repo.git("rev-parse", "main");
    await chant(repo, ["work"]);
    expect(await repo.git("rev-parse", "main")).toBe(tip);
    kills += isMet ? 2 : 1;
    if (isMet) survived += 1;
  },
);

afterAll(() => {
  if (!isHere) return;
  process.stdout.write(`crashes during recovery: ${survived} pairs, ${kills} kills\n`);
  figures("crashes during recovery", { pairs: survived, kills });
});
