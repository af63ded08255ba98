import { afterAll, expect, test } from "vitest";
import { EFFECTS } from "../../../src/host/effects.ts";
import { chant } from "../../kit/chant.ts";
import { figures } from "../../kit/figures.ts";
import { told } from "../../kit/kill-round.ts";
import { KILL_STORIES } from "../../kit/kill-stories.ts";
import { type Kill, killAtEffect, killsOf } from "../../kit/kills.ts";
import { drawn, numberOf, randomFrom } from "../../kit/random.ts";
import { saved } from "../../kit/saved-repo.ts";
import { tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

/** Kills while what a first kill left is being mended: so many pairs of moments, with CRASH_PAIRS=N more. */
const SEED = numberOf("CRASH_SEED", 7);
const WANTED = numberOf("CRASH_PAIRS", 100);
/** Of these, pairs in which whoever was not killed goes on at once; in the others all have come to rest before. */
const AT_ONCE = Math.ceil(WANTED / 10);
/** What a first kill has left is kept, and struck again so often. */
const AGAIN = 8;

let [pairs, kills] = [0, 0];
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";
const shares = KILL_STORIES.reduce((sum, { share }) => sum + share, 0);

test.runIf(isHere).each(KILL_STORIES.map((story) => [story.name, story] as const))(
  `kill -9 twice: %s (seed ${SEED})`,
  { timeout: 36_000_000 },
  async (_name, story) => {
    const random = randomFrom(SEED);
    await using round = await told(story);
    const { repo, start } = round;
    await start.restore();
    const command = story.command(repo);
    const all = await killsOf(repo, command);
    let left = Math.round(((WANTED - AT_ONCE) * story.share) / shares);
    const failed: { readonly first: string; readonly second: string; readonly error: unknown }[] = [];
    for (const first of drawn(random, all, 2 * Math.ceil(left / AGAIN))) {
      if (left <= 0) break;
      await start.restore();
      if (!(await first.strike(repo, command))) continue;
      await repo.quiet();
      kills += 1;
      const struck = await saved(repo, "struck");
      const mending = await killsOf(repo, story.again ?? command);
      let more = Math.min(left, AGAIN);
      for (const second of drawn(random, mending, 2 * more)) {
        if (more === 0) break;
        await struck.restore();
        if (!(await second.strike(repo, story.again ?? command))) continue;
        await repo.quiet();
        [more, left, kills] = [more - 1, left - 1, kills + 1];
        await round.expectSameEnd().then(
          () => void (pairs += 1),
          (error: unknown) => failed.push({ first: first.name, second: second.name, error }),
        );
        await repo.quiet();
      }
    }
    expect(failed).toEqual([]);
  },
);

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
const POINTS = MET.flatMap((name) => [`${name}:before`, `${name}:after`]).map(killAtEffect);
/** What was done before the first kill seldom comes again. */
const ORDERED = POINTS.flatMap((first, at) => POINTS.slice(at).map((second) => [first, second] as const));

async function strikeAtOnce(first: Kill, second: Kill): Promise<boolean> {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: SCRIPT } } });
  expect(await first.strike(repo, ["work"]), "the first moment was met").toBe(true);
  kills += 1;
  // What is done already is not done again, so that the second moment may not come.
  if (!(await second.strike(repo, ["work"]))) return false;
  kills += 1;
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
  return true;
}

test.runIf(isHere)(
  `kill -9 twice: work, while whoever was not killed goes on (seed ${SEED})`,
  { timeout: 36_000_000 },
  async () => {
    let left = AT_ONCE;
    for (const [first, second] of drawn(randomFrom(SEED), ORDERED, 4 * AT_ONCE)) {
      if (left === 0) break;
      const isMet = await strikeAtOnce(first, second).catch((error: unknown) => {
        throw new Error(`${first.name}, then ${second.name}`, { cause: error });
      });
      if (isMet) [left, pairs] = [left - 1, pairs + 1];
    }
    expect(left).toBeLessThan(AT_ONCE);
  },
);

afterAll(() => {
  if (!isHere) return;
  process.stdout.write(`crashes during recovery: ${pairs} pairs, ${kills} kills, seed ${SEED}\n`);
  figures("crash during recovery", { tried: pairs, "came through": pairs, kills });
});
