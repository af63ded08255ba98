import fc from "fast-check";
import { expect, test } from "vitest";
import { isMergeBase } from "../../src/git/merge-base.ts";
import { ObjectReader } from "../../src/git/object-reader.ts";
import { type NewObject, newObject, storeObjects } from "../../src/git/objects.ts";
import { git } from "../../src/git/program.ts";
import { commonPlace, findRepository, type Repository } from "../../src/git/repository.ts";
import { tempRepo } from "../kit/temp-repo.ts";

interface Draft {
  /** Which of the commits before it, counted back from it. */
  readonly parents: readonly number[];
  /** By how much its clock is wrong, in hours. */
  readonly skew: number;
}

const EMPTY = newObject("sha1", "tree", Buffer.alloc(0));

/** Commits from the first to the last; the clock of each goes wrong as its draft says. */
function history(drafts: readonly Draft[]): readonly NewObject[] {
  const made: NewObject[] = [];
  for (const [n, { parents, skew }] of drafts.entries()) {
    const known = [...new Set(parents)].flatMap((back) => made.at(-1 - back) ?? []);
    const who = `A <a@example.com> ${1_700_000_000 + 3600 * (n + skew)} +0000`;
    const lines = [
      `tree ${EMPTY.oid}`,
      ...known.map(({ oid }) => `parent ${oid}`),
      `author ${who}`,
      `committer ${who}`,
      "",
      `${n}\n`,
    ];
    made.push(newObject("sha1", "commit", Buffer.from(lines.join("\n"))));
  }
  return made;
}

async function mergeBases(repository: Repository, a: string, b: string): Promise<readonly string[]> {
  const found = await git(commonPlace(repository), ["merge-base", "--all", a, b], { accept: [0, 1] });
  return found.stdout.toString().split("\n").slice(0, -1);
}

/** Whether a commit follows on another without any merge between. */
async function isLine(repository: Repository, base: string, tip: string): Promise<boolean> {
  const args = ["rev-list", "--parents", tip, `^${base}`];
  const lines = (await git(commonPlace(repository), args)).stdout.toString().split("\n").slice(0, -1);
  return (
    lines.every((line) => line.split(" ").length === 2) &&
    (lines.length === 0 ? tip : lines.at(-1))?.endsWith(base) === true
  );
}

const draft = fc.record({
  parents: fc.oneof(
    { weight: 3, arbitrary: fc.constant([0]) },
    { weight: 2, arbitrary: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 2 }) },
  ),
  skew: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) },
  ),
});

test("where two histories meet is what git says", async () => {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  await storeObjects(repository, [EMPTY]);
  using reader = new ObjectReader(repository);
  const commits = fc.array(draft, { minLength: 3, maxLength: 12 });
  const picks = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 }), fc.nat({ max: 5 }));
  let met = 0;
  const property = fc.asyncProperty(commits, picks, async (drafts, [ours, theirs, base]) => {
    const made = history(drafts);
    await storeObjects(repository, made);
    const oid = (back: number): string => (made.at(-1 - back) ?? made[0])?.oid ?? "";
    const [a, b, c] = [oid(ours), oid(theirs), oid(theirs + base)];
    const bases = await mergeBases(repository, a, b);
    const isPlain = a !== c && bases.length === 1 && bases[0] === c && (await isLine(repository, c, b));
    expect(await isMergeBase(reader, c, a, b)).toBe(isPlain);
    if (isPlain) met += 1;
  });
  await fc.assert(property, { numRuns: 200 });
  expect(met).toBeGreaterThan(5);
});

test("a history that is too long to look at is left to git", async () => {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  await storeObjects(repository, [EMPTY]);
  using reader = new ObjectReader(repository);
  const line = Array.from({ length: 700 }, (): Draft => ({ parents: [0], skew: 0 }));
  const made = history([...line, { parents: [699], skew: 0 }]);
  await storeObjects(repository, made);
  const oid = (n: number): string => made[n]?.oid ?? "";
  const side = made.at(-1)?.oid ?? "";
  expect(await isMergeBase(reader, oid(0), oid(300), side)).toBe(true);
  expect(await isMergeBase(reader, oid(0), oid(699), side)).toBe(false);
  expect(await isMergeBase(reader, oid(0), side, oid(699))).toBe(false);
});
