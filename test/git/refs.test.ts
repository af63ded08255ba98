import { readdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identityOf } from "../../src/host/identity.ts";
import { pastDeadLock } from "../../src/git/dead-ref-lock.ts";
import { findRepository, type Repository } from "../../src/git/repository.ts";
import { isAncestor, readRef, RefWriter, swapRef } from "../../src/git/refs.ts";
import { eventually } from "../kit/eventually.ts";
import { type FoundProcess, processesWith } from "../kit/process.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const REF = "refs/heads/chant/one";

async function threeCommits(repo: TempRepo): Promise<readonly [string, string, string]> {
  return [await repo.commitAll("One"), await repo.commitAll("Two"), await repo.commitAll("Three")];
}

/** The git processes that a writer of this repository keeps. */
const gitsOf = (repo: TempRepo): readonly FoundProcess[] =>
  processesWith("GIT_DIR", join(repo.path, ".git")).filter(({ command }) => command.includes("update-ref"));

const ways = {
  "one git a swap": async (repository: Repository, use: (swap: RefWriter["swap"]) => Promise<void>) =>
    use((ref, to, from, reason) => swapRef(repository, ref, to, from, reason)),
  "a git that stays": async (repository: Repository, use: (swap: RefWriter["swap"]) => Promise<void>) => {
    using refs = new RefWriter(repository);
    await use((ref, to, from, reason) => refs.swap(ref, to, from, reason));
  },
};

for (const [way, inWay] of Object.entries(ways)) {
  test(`a ref is made, moved and removed, each only from where it is said to stand: ${way}`, async () => {
    await using repo = await tempRepo();
    const [one, two, three] = await threeCommits(repo);
    const repository = await findRepository(repo.path);
    const at = (): Promise<string | undefined> => readRef(repository, REF);
    await inWay(repository, async (swap) => {
      expect(await swap(REF, one, two, "x")).toBe(false);
      expect(await at()).toBe(undefined);
      expect(await swap(REF, undefined, one, "x")).toBe(false);
      expect(await swap(REF, one, undefined, "x")).toBe(true);
      expect(await at()).toBe(one);
      // Somebody else was there before, wherever to: it is theirs.
      expect(await swap(REF, two, undefined, "x")).toBe(false);
      expect(await swap(REF, one, undefined, "x")).toBe(false);
      expect(await swap(REF, three, two, "x")).toBe(false);
      expect(await swap(REF, undefined, two, "x")).toBe(false);
      expect(await at()).toBe(one);
      expect(await swap(REF, two, one, "x")).toBe(true);
      expect(await at()).toBe(two);
      await repo.git("pack-refs", "--all");
      expect(await swap(REF, three, one, "x")).toBe(false);
      expect(await swap(REF, three, two, "x")).toBe(true);
      expect(await at()).toBe(three);
      await repo.git("pack-refs", "--all");
      expect(await swap(REF, undefined, three, "x")).toBe(true);
      expect(await at()).toBe(undefined);
      await expect(swap(REF, "1".repeat(40), undefined, "x")).rejects.toMatchObject({ code: "GIT_FAILED" });
      await expect(swap("refs/heads/main/x", one, undefined, "x")).rejects.toThrow("refs/heads/main");
    });
  });
}

test("a git that stays moves many refs, and what git moves in between is not overwritten", async () => {
  await using repo = await tempRepo();
  const [one, two, three] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  using refs = new RefWriter(repository);
  const pids = new Set<number>();
  for (let n = 0; n < 50; n += 1) {
    const ref = `refs/heads/many/${n}`;
    expect(await refs.swap(ref, one, undefined, "x")).toBe(true);
    expect(await refs.swap(ref, two, one, "x")).toBe(true);
    for (const { pid } of gitsOf(repo)) pids.add(pid);
  }
  expect(pids.size).toBe(1);
  await repo.git("update-ref", "refs/heads/many/7", three);
  expect(await refs.swap("refs/heads/many/7", one, two, "x")).toBe(false);
  expect(await refs.swap("refs/heads/many/8", three, two, "x")).toBe(true);
  expect(await repo.git("rev-parse", "many/7", "many/8")).toBe(`${three}\n${three}`);
});

test("the reflog says for each move why, with as many gits as reasons that come again", async () => {
  await using repo = await tempRepo();
  const [one, two, three] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  using refs = new RefWriter(repository);
  const reflog = async (): Promise<readonly string[]> =>
    (await repo.git("reflog", "show", "--format=%gs", "kept")).split("\n");
  const ref = "refs/heads/kept";
  expect(await refs.swap(ref, one, undefined, "chant: start")).toBe(true);
  expect(await refs.swap(ref, two, one, "chant: 1 landed")).toBe(true);
  expect(await refs.swap(ref, three, two, "chant: start")).toBe(true);
  expect(await reflog()).toEqual(["chant: start", "chant: 1 landed", "chant: start"]);
  for (let n = 0; n < 10; n += 1) {
    expect(await refs.swap(`refs/heads/many/${n}`, one, undefined, `chant: ${n} landed`)).toBe(true);
    expect(await refs.swap(`refs/heads/many/${n}`, undefined, one, "chant: run is over")).toBe(true);
  }
  // One whose place another took may still be on its way out.
  await eventually("only those that stay are left", [], () => gitsOf(repo).length === 4);
});

test("after its git was killed a writer goes on with another one", async () => {
  await using repo = await tempRepo();
  const [one, two, three] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  using refs = new RefWriter(repository);
  expect(await refs.swap(REF, one, undefined, "x")).toBe(true);
  const kill = async (): Promise<void> => {
    for (const { pid } of gitsOf(repo)) {
      process.kill(pid, "SIGKILL");
      await eventually("the writer's git is gone", [], () => identityOf(pid) === undefined);
    }
  };
  await kill();
  expect(await refs.swap(REF, two, one, "x")).toBe(true);
  expect(await refs.swap(REF, three, two, "x")).toBe(true);
  await kill();
  expect(await refs.swap(REF, three, two, "x")).toBe(false);
  expect(await refs.swap(REF, two, three, "x")).toBe(true);
  expect(await readRef(repository, REF)).toBe(two);
});

test("a git that is killed in the middle leaves no doubt about what came of it", async () => {
  await using repo = await tempRepo();
  const [one, two] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  for (let n = 0; n < 20; n += 1) {
    using refs = new RefWriter(repository);
    const ref = `refs/heads/killed/${n}`;
    expect(await refs.swap(ref, one, undefined, "x")).toBe(true);
    const swapped = refs.swap(ref, two, one, "x");
    for (const { pid } of gitsOf(repo)) process.kill(pid, "SIGKILL");
    // A git that is killed at its worst moment leaves its lock, and a lock is never broken.
    const outcome = await swapped.catch((error: unknown) => String(error));
    if (outcome === true) expect(await readRef(repository, ref)).toBe(two);
    else expect(outcome).toContain(`${n}.lock`);
  }
});

test("a commit is an ancestor of itself and of what comes after it, and of nothing else", async () => {
  await using repo = await tempRepo();
  const [one, two] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  expect(await isAncestor(repository, one, one)).toBe(true);
  expect(await isAncestor(repository, one, two)).toBe(true);
  expect(await isAncestor(repository, two, one)).toBe(false);
});

test("the lock that a killed git left on a branch of chant's own is taken away once it is old", async () => {
  await using repo = await tempRepo();
  const [one, two] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  const lock = join(repo.path, ".git", `${REF}.lock`);
  await repo.git("update-ref", REF, one);
  const move = (): Promise<boolean> => swapRef(repository, REF, two, one, "x");
  await writeFile(lock, "");
  await expect(move()).rejects.toThrow("File exists");
  const old = new Date(Date.now() - 60_000);
  await utimes(lock, old, old);
  expect(await pastDeadLock(repository, REF, move)).toBe(true);
  expect(await readRef(repository, REF)).toBe(two);
  expect(await readdir(join(repo.path, ".git", "refs", "heads", "chant"))).toEqual(["one"]);
});

test("a lock that somebody holds is waited for and left, and so is that of another ref", async () => {
  await using repo = await tempRepo();
  const [one, two] = await threeCommits(repo);
  const repository = await findRepository(repo.path);
  await repo.git("update-ref", REF, one);
  const lock = join(repo.path, ".git", `${REF}.lock`);
  await writeFile(lock, "");
  const old = new Date(Date.now() - 60_000);
  await utimes(lock, old, old);
  const moved = pastDeadLock(repository, REF, () => swapRef(repository, REF, two, one, "x"));
  const refused = expect(moved).rejects.toThrow("File exists");
  // While it is looked at, its holder is seen at work.
  let at = old.getTime();
  const working = setInterval(() => void utimes(lock, (at += 1_000) / 1_000, at / 1_000), 20);
  await refused.finally(() => clearInterval(working));
  expect(await readRef(repository, REF)).toBe(one);
  const packed = join(repo.path, ".git", "packed-refs.lock");
  await rename(lock, packed);
  await expect(
    pastDeadLock(repository, REF, () => swapRef(repository, REF, undefined, one, "x")),
  ).rejects.toThrow("packed-refs.lock");
});
