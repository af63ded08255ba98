import { copyFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentOf, isAsJudged } from "../../src/git/facts.ts";
import { freshenIndex, whileFreshening } from "../../src/git/fresh-index.ts";
import { findRepository, type Repository } from "../../src/git/repository.ts";
import type { GitPlace } from "../../src/git/program.ts";
import { freezeWorktree, makeShadow, type Shadow, worktreePlace } from "../../src/git/shadow.ts";
import { eventually } from "../kit/eventually.ts";
import { type TempRepo, tempRepo } from "../kit/temp-repo.ts";

interface Scene extends AsyncDisposable {
  readonly temp: TempRepo;
  readonly repo: Repository;
  readonly shadow: Shadow;
  readonly index: string;
}

/** A worktree whose index was frozen in the second in which its files were checked out, long ago. */
async function frozen(files: Readonly<Record<string, string>>): Promise<Scene> {
  const temp = await tempRepo(files);
  await temp.commitAll("base");
  const repo = await findRepository(temp.path);
  const settings = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };
  const shadow = await makeShadow(repo, join(temp.root, "shadow"), settings);
  for (const name of Object.keys(files)) await setSecond(join(temp.path, name), CHECKED_OUT_S);
  await temp.git("update-index", "-q", "--refresh");
  await freezeWorktree(repo, shadow, join(temp.path, ".git"), []);
  const index = join(shadow.gitDir, "index");
  await setSecond(index, CHECKED_OUT_S);
  return { temp, repo, shadow, index, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}

const placeOf = ({ repo, shadow, temp }: Scene): GitPlace => worktreePlace(shadow, repo, temp.path);

const CHECKED_OUT_S = 1_700_000_000;
const setSecond = (path: string, second: number): Promise<void> => utimes(path, second, second);
const mtimeMsOf = async (path: string): Promise<number> => (await stat(path)).mtimeMs;

/** What a file reads like is told by its content, not only by its time. */
async function treeHas(scene: Scene, name: string, content: string, isFresh = true): Promise<void> {
  const found = await contentOf(scene.repo, scene.shadow, scene.temp.path, { isFresh });
  expect(found.kind).toBe("tree");
  if (found.kind === "tree") expect(await scene.temp.git("show", `${found.tree}:${name}`)).toBe(content);
}

test("a frozen index is trusted from then on, and holds what it held", async () => {
  await using scene = await frozen({ "a.txt": "one", "b.txt": "two" });
  const before = await scene.temp.git("ls-files", "-s");
  const nowMs = Date.now();
  await freshenIndex(placeOf(scene), nowMs);
  expect(Math.floor((await mtimeMsOf(scene.index)) / 1_000)).toBe(Math.floor((nowMs - 100) / 1_000));
  expect(await scene.temp.git("ls-files", "-s")).toBe(before);
  expect(await isAsJudged(scene.repo, scene.shadow, scene.temp.path)).toBe(true);
  expect((await readdir(scene.shadow.gitDir)).filter((name) => name.startsWith("index"))).toEqual(["index"]);
});

test("what was changed in the second of the checkout, to the same size, is found before and after", async () => {
  await using scene = await frozen({ "a.txt": "one", "b.txt": "two" });
  await writeFile(join(scene.temp.path, "a.txt"), "ONE");
  await setSecond(join(scene.temp.path, "a.txt"), CHECKED_OUT_S);
  await freshenIndex(placeOf(scene), Date.now());
  expect(await isAsJudged(scene.repo, scene.shadow, scene.temp.path)).toBe(false);
  await treeHas(scene, "a.txt", "ONE");
});

test("what changes while the look goes on is found, though it has the time and the size that the look saw", async () => {
  await using scene = await frozen({ "a.txt": "one" });
  const path = join(scene.temp.path, "a.txt");
  // A look that took five seconds.
  const nowMs = Date.now() - 5_000;
  // Touched in the second in which it began, seen as unchanged, and changed within that second.
  const second = Math.floor((nowMs - 100) / 1_000);
  await setSecond(path, second);
  await freshenIndex(placeOf(scene), nowMs);
  await writeFile(path, "ONE");
  await setSecond(path, second);
  await treeHas(scene, "a.txt", "ONE");
});

test("an agent that ends within the second of its checkout is judged by what is there", async () => {
  await using scene = await frozen({ "a.txt": "one", "b.txt": "two", "c.txt": "three" });
  const { path } = scene.temp;
  const nowS = Math.floor(Date.now() / 1_000);
  await setSecond(scene.index, nowS);
  for (const name of ["a.txt", "b.txt", "c.txt"]) await setSecond(join(path, name), nowS);
  await scene.temp.git("update-index", "-q", "--refresh");
  await copyFile(join(path, ".git", "index"), scene.index);
  await setSecond(scene.index, nowS);
  await writeFile(join(path, "a.txt"), "ONE");
  await setSecond(join(path, "a.txt"), nowS);
  await rm(join(path, "c.txt"));
  await scene.temp.write({ "c.txt/d.txt": "four" });
  await treeHas(scene, "a.txt", "ONE", false);
  await treeHas(scene, "c.txt/d.txt", "four");
  // Nothing that comes later is taken for what was judged.
  expect((await mtimeMsOf(scene.index)) < Date.now()).toBe(true);
  await writeFile(join(path, "b.txt"), "TWO");
  await setSecond(join(path, "b.txt"), nowS);
  expect(await isAsJudged(scene.repo, scene.shadow, path)).toBe(false);
});

test.for([true, false])(
  "a file that became a folder, and the other way round, are taken in (fresh: %s)",
  async (isFresh) => {
    await using scene = await frozen({ "a.txt": "one", "b/c.txt": "two", "b.txt": "three" });
    const { path } = scene.temp;
    await rm(join(path, "a.txt"));
    await rm(join(path, "b"), { recursive: true });
    await scene.temp.write({ "a.txt/d.txt": "four", b: "five" });
    const found = await contentOf(scene.repo, scene.shadow, path, { isFresh });
    expect(found.kind).toBe("tree");
    const tree = found.kind === "tree" ? found.tree : "";
    const names = await scene.temp.git("ls-tree", "-r", "--name-only", tree);
    expect(names.split("\n")).toEqual(["a.txt/d.txt", "b", "b.txt"]);
  },
);

test("the index of a judgement that came in between stays", async () => {
  await using scene = await frozen({ "a.txt": "one" });
  const mine = freshenIndex(placeOf(scene), Date.now());
  await copyFile(join(scene.temp.path, ".git", "index"), scene.index);
  await setSecond(scene.index, 1_600_000_000);
  await mine;
  expect(await mtimeMsOf(scene.index)).toBe(1_600_000_000_000);
});

test("it is done while the agent works, and work that fails or is short is not held up", async () => {
  await using scene = await frozen({ "a.txt": "one" });
  const { repo, shadow, temp, index } = scene;
  await whileFreshening(repo, shadow, temp.path, () =>
    eventually(
      "the index is fresh",
      [shadow.gitDir],
      async () => (await mtimeMsOf(index)) > CHECKED_OUT_S * 1_000,
    ),
  );
  const ahead = Math.floor(Date.now() / 1_000) + 1_000;
  await setSecond(index, ahead);
  const failing = whileFreshening(repo, shadow, temp.path, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await mtimeMsOf(index)).toBe(ahead * 1_000);
});
