import { chmod, mkdir, readFile, rm, stat, symlink, utimes, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCommit } from "../../src/git/commit.ts";
import { IndexMemory } from "../../src/git/index-memory.ts";
import { ObjectReader } from "../../src/git/object-reader.ts";
import {
  type HeldCheckout,
  holdCheckout,
  type Proposal,
  publish,
  type Published,
  releaseCheckout,
} from "../../src/git/publish.ts";
import { swapRef } from "../../src/git/refs.ts";
import { recoverPublish } from "../../src/git/recover.ts";
import { Trees } from "../../src/git/tree.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";
import { triesOf } from "../kit/tries.ts";

/** A commit that changes a.txt, removes gone.txt and adds new/file.txt, made beside the user's checkout. */
async function landing(repo: TempRepo): Promise<{ readonly from: string; readonly to: string }> {
  const from = await repo.git("rev-parse", "HEAD");
  const aside = join(repo.root, "aside");
  await repo.git("worktree", "add", "-q", "--detach", aside, "HEAD");
  const there = (...args: readonly string[]): Promise<string> => repo.gitIn(aside, ...args);
  await writeFile(join(aside, "a.txt"), "landed\n");
  await rm(join(aside, "gone.txt"));
  await mkdir(join(aside, "new"));
  await writeFile(join(aside, "new", "file.txt"), "new\n");
  await there("add", "-A");
  await there("commit", "-q", "-m", "Landed");
  const to = await there("rev-parse", "HEAD");
  await repo.git("worktree", "remove", "--force", aside);
  return { from, to };
}

async function publishOn(
  repo: TempRepo,
  { from, to }: { from: string; to: string },
  more: Partial<Pick<Proposal, "owned" | "swap" | "keepStaged" | "index">> = {},
  held?: HeldCheckout,
): Promise<Published> {
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  const trees = new Trees(repository, reader);
  const treeOf = async (oid: string): Promise<string> =>
    parseCommit((await reader.require(oid)).content).tree;
  const changes = await trees.diff(await treeOf(from), await treeOf(to));
  const proposal: Proposal = {
    ref: "refs/heads/main",
    from,
    to,
    owned: [],
    ownedBelow: ".chant/specs",
    index: new IndexMemory(),
    changes,
    reason: "test",
    keepStaged: () => Promise.resolve(),
    swap: (ref, next, old, reason) => swapRef(repository, ref, next, old, reason),
    ...more,
  };
  return await publish(repository, proposal, held);
}

const FILES = { "a.txt": "one\n", "b.txt": "two\n", "gone.txt": "soon gone\n", ".gitignore": "ignored\n" };

test("a clean checkout comes forward with its branch", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  expect(await publishOn(repo, made)).toMatchObject({ kind: "done" });
  expect(await repo.git("rev-parse", "HEAD")).toBe(made.to);
  expect(await repo.git("status", "--porcelain")).toBe("");
  expect(await repo.read("a.txt")).toBe("landed\n");
  expect(await repo.read("new/file.txt")).toBe("new\n");
});

/** Leaves a file in conflict, with nothing in progress, as `git stash pop` does. */
async function conflict(repo: TempRepo, path: string): Promise<void> {
  const oids = await Promise.all(["HEAD:b.txt", "HEAD:a.txt"].map((name) => repo.git("rev-parse", name)));
  const lines = [1, 2, 3].map((stage) => `100644 ${oids[stage % 2] ?? ""} ${stage}\t${path}\0`);
  await repo.write({ "../stages": lines.join(""), [path]: "<<<<<<<\n" });
  await repo.git("rm", "-q", "--cached", path);
  await repo.git("-c", "alias.stages=!git update-index -z --index-info <../stages", "stages");
}

test.each(["b.txt", "b\n.txt"])("a landing waits for a conflict by name: %j", async (path) => {
  await using repo = await tempRepo({ ...FILES, "b\n.txt": "two\n" });
  const made = await landing(repo);
  await conflict(repo, path);
  expect(await publishOn(repo, made)).toMatchObject({
    kind: "held",
    reason: "an unresolved conflict",
    files: [path],
    isPassing: false,
  });
});

/** States of the user's tree: what they did, and whether the landing may go ahead. */
const states: readonly (readonly [string, "done" | "held", (repo: TempRepo) => Promise<void>])[] = [
  ["an edit in another file", "done", (repo) => repo.write({ "b.txt": "mine\n" })],
  ["an edit in the file", "held", (repo) => repo.write({ "a.txt": "mine\n" })],
  ["the same edit as the landing makes", "held", (repo) => repo.write({ "a.txt": "landed\n" })],
  ["an edit in the file that goes", "held", (repo) => repo.write({ "gone.txt": "mine\n" })],
  ["the file that goes is gone already", "held", (repo) => rm(join(repo.path, "gone.txt"))],
  ["the file is gone", "held", (repo) => rm(join(repo.path, "a.txt"))],
  ["another file is gone", "done", (repo) => rm(join(repo.path, "b.txt"))],
  ["an untracked file elsewhere", "done", (repo) => repo.write({ "untracked.txt": "mine\n" })],
  ["an untracked file in the way", "held", (repo) => repo.write({ "new/file.txt": "mine\n" })],
  ["an equal untracked file in the way", "held", (repo) => repo.write({ "new/file.txt": "new\n" })],
  ["an untracked file where a folder will be", "held", (repo) => repo.write({ new: "mine\n" })],
  ["a link where a folder will be", "held", async (repo) => symlink("/nowhere", join(repo.path, "new"))],
  ["an ignored file elsewhere", "done", (repo) => repo.write({ ignored: "mine\n" })],
  [
    "an ignored file in the way",
    "held",
    async (repo) => {
      await repo.write({ ".git/info/exclude": "new/\n" });
      await repo.write({ "new/file.txt": "mine\n" });
    },
  ],
  [
    "another file staged",
    "done",
    async (repo) => {
      await repo.write({ "b.txt": "mine\n" });
      await repo.git("add", "b.txt");
    },
  ],
  [
    "the file staged",
    "held",
    async (repo) => {
      await repo.write({ "a.txt": "mine\n" });
      await repo.git("add", "a.txt");
    },
  ],
  [
    "the file staged, then put back on disk",
    "held",
    async (repo) => {
      await repo.write({ "a.txt": "mine\n" });
      await repo.git("add", "a.txt");
      await repo.write({ "a.txt": "one\n" });
    },
  ],
  [
    "a new file staged in the way",
    "held",
    async (repo) => {
      await repo.write({ "new/file.txt": "m\n" });
      await repo.git("add", "new");
    },
  ],
  [
    "the file taken out of the index",
    "held",
    async (repo) => void (await repo.git("rm", "-q", "--cached", "a.txt")),
  ],
  ["another file renamed", "done", async (repo) => void (await repo.git("mv", "b.txt", "c.txt"))],
  ["only the time of the file changed", "done", async (repo) => repo.write({ "a.txt": "one\n" })],
  [
    "a merge in progress",
    "held",
    async (repo) => {
      await repo.git("branch", "other");
      await repo.git("commit", "-q", "--allow-empty", "-m", "x");
      await repo.git("reset", "-q", "--hard", "HEAD~1");
      await repo.git("update-ref", "MERGE_HEAD", "HEAD");
    },
  ],
  [
    "a cherry-pick in progress",
    "held",
    async (repo) => void (await repo.git("update-ref", "CHERRY_PICK_HEAD", "HEAD")),
  ],
  [
    "a revert in progress",
    "held",
    async (repo) => void (await repo.git("update-ref", "REVERT_HEAD", "HEAD")),
  ],
  ["a conflict in another file", "held", (repo) => conflict(repo, "b.txt")],
  ["another git command holds the index", "held", (repo) => repo.write({ ".git/index.lock": "" })],
];

const tries = triesOf("state of a user's checkout when a landing comes");

/** An index that chant put in place last, so that only what happens from now on counts. */
async function afterLanding(repo: TempRepo): Promise<{ readonly index: IndexMemory }> {
  const gitDir = join(repo.path, ".git");
  await repo.git("update-index", "--refresh");
  // Of a later moment than all files that it knows.
  const later = new Date(Date.now() + 1_000);
  await utimes(join(gitDir, "index"), later, later);
  const index = new IndexMemory();
  await index.remember(gitDir, true);
  return { index };
}

const moments = ["", ", after another landing"];

for (const [name, outcome, doing, moment] of states.flatMap((state) =>
  moments.map((when) => [...state, when] as const),
)) {
  test(`user's tree: ${name}${moment}: ${outcome}, and nothing of theirs is touched`, async () => {
    await using repo = await tempRepo(FILES);
    const made = await landing(repo);
    const memory = moment === "" ? {} : await afterLanding(repo);
    await doing(repo);
    const cameThrough = tries.begin();
    const before = await picture(repo);
    const result = await publishOn(repo, made, memory);
    expect(result.kind).toBe(outcome);
    const after = await picture(repo);
    if (outcome === "held") {
      expect(after).toEqual(before);
      expect(await repo.git("rev-parse", "HEAD")).toBe(made.from);
      cameThrough();
      return;
    }
    expect(await repo.git("rev-parse", "HEAD")).toBe(made.to);
    // What the user had, but for the landing's own three files, is there byte for byte, and staged as it was.
    const own = /^(a\.txt|gone\.txt|new\/file\.txt)$/;
    const theirs = (all: Awaited<ReturnType<typeof picture>>) =>
      all.files.filter(([path]) => !own.test(path));
    expect(theirs(after)).toEqual(theirs(before));
    expect(after.staged.filter((line) => !/a\.txt|gone\.txt|new\//.test(line))).toEqual(before.staged);
    expect(await repo.read("a.txt")).toBe("landed\n");
    cameThrough();
  });
}

/** Every file with its bytes, and what is staged. */
async function picture(repo: TempRepo) {
  const names = (await repo.git("ls-files", "-z", "--cached", "--others"))
    .split("\0")
    .filter((name) => name !== "");
  const files: [string, string][] = [];
  for (const name of [...new Set(names)].toSorted()) {
    const found = await stat(join(repo.path, name)).catch(() => undefined);
    if (found?.isFile() === true) {
      files.push([name, (await readFile(join(repo.path, name))).toString("base64")]);
    }
  }
  return {
    files,
    staged: (await repo.git("diff", "--cached", "--name-status", "--no-renames"))
      .split("\n")
      .filter((line) => line !== ""),
  };
}

/** An edit that changes neither size nor time of a file: that it was made, git tells by the time of its index alone. */
async function editInSameMoment(repo: TempRepo, path: string, edit: string): Promise<void> {
  await repo.git("config", "core.trustctime", "false");
  const moment = 1_700_000_000;
  const at = (each: string): Promise<void> => utimes(join(repo.path, each), moment, moment);
  await at(path);
  await repo.git("update-index", "--refresh");
  await repo.write({ [path]: edit });
  for (const each of [path, ".git/index"]) await at(each);
  // Without what `git status` would note of it in the index.
  expect(await repo.git("diff-files", "--name-only")).toBe(path);
}

test("an edit of the same moment as the index is in the way like any other", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await editInSameMoment(repo, "a.txt", "own\n");
  expect(await publishOn(repo, made)).toMatchObject({ kind: "held", files: ["a.txt"] });
  expect(await repo.read("a.txt")).toBe("own\n");
});

test("an edit of the same moment as the index, of another file, is still told by git after a landing", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await editInSameMoment(repo, "b.txt", "own\n");
  expect(await publishOn(repo, made)).toMatchObject({ kind: "done" });
  expect(await repo.status()).toBe(" M b.txt");
});

test("a branch that is checked out nowhere moves without touching any checkout", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.git("switch", "-q", "-c", "elsewhere");
  await repo.write({ "a.txt": "mine\n" });
  expect(await publishOn(repo, made)).toMatchObject({ kind: "done" });
  expect(await repo.git("rev-parse", "main")).toBe(made.to);
  expect(await repo.read("a.txt")).toBe("mine\n");
});

test("a branch that is being rebased is left alone", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.git("switch", "-q", "--detach");
  await repo.write({ ".git/rebase-merge/head-name": "refs/heads/main\n" });
  expect(await publishOn(repo, made)).toMatchObject({
    kind: "held",
    reason: expect.stringContaining("rebased") as unknown,
  });
  expect(await repo.git("rev-parse", "main")).toBe(made.from);
});

test("a branch that moved meanwhile is not forced", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.git("commit", "-q", "--allow-empty", "-m", "The user was faster");
  const theirs = await repo.git("rev-parse", "HEAD");
  expect(await publishOn(repo, made)).toMatchObject({ kind: "raced" });
  expect(await repo.git("rev-parse", "HEAD")).toBe(theirs);
  expect(await repo.git("status", "--porcelain")).toBe("");
  expect(await recoverPublish(await findRepository(repo.path))).toBe(false);
});

test("a checkout that went to another branch before its index was locked is left alone", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.git("branch", "elsewhere");
  const held = await holdCheckout(await findRepository(repo.path), "refs/heads/main");
  // As git does it last, and without that lock.
  await repo.git("symbolic-ref", "HEAD", "refs/heads/elsewhere");
  expect(await publishOn(repo, made, {}, held)).toMatchObject({ kind: "raced" });
  expect(await repo.git("rev-parse", "main")).toBe(made.from);
  await releaseCheckout(held);
  expect(await repo.read("a.txt")).toBe("one\n");
  expect(await repo.git("status", "--porcelain")).toBe("");
});

test("an index that was locked before stays locked until it is let go, and a lock of the user's is never taken away", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  const held = await holdCheckout(await findRepository(repo.path), "refs/heads/main");
  expect(await publishOn(repo, made, {}, held)).toMatchObject({ kind: "done" });
  await expect(repo.git("add", "a.txt")).rejects.toThrow("index.lock");
  await releaseCheckout(held);
  expect(await repo.git("status", "--porcelain")).toBe("");
  // From here on the lock is a git command's of the user's.
  const lock = join(repo.path, ".git", "index.lock");
  await writeFile(lock, "");
  await releaseCheckout(held);
  expect((await stat(lock)).size).toBe(0);
  await rm(lock);
});

test("a lock that a git of the user's seems to have left is told with what to do about it", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.write({ ".git/index.lock": "" });
  const path = join(repo.path, ".git", "index.lock");
  await utimes(path, 1_700_000_000, 1_700_000_000);
  expect(await publishOn(repo, made)).toMatchObject({
    kind: "held",
    reason: `another git command holds ${path}: if none runs there any more, remove that file`,
    isPassing: true,
  });
  expect(repo.has(".git/index.lock")).toBe(true);
});

test("a checkout that comes to the branch while its index is waited for is not passed over", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.git("switch", "-q", "-c", "elsewhere");
  const lock = join(repo.path, ".git", "index.lock");
  await writeFile(lock, "");
  // Once it tries to take the lock it has looked where the checkouts are.
  const seen = (async () => {
    for await (const { filename } of watch(join(repo.path, ".git"))) {
      if (filename?.startsWith(".tmp-") === true) return;
    }
  })();
  const published = publishOn(repo, made);
  await seen;
  await repo.git("symbolic-ref", "HEAD", "refs/heads/main");
  await rm(lock);
  expect(await published).toMatchObject({ kind: "raced" });
  expect(await repo.git("rev-parse", "main")).toBe(made.from);
  expect(await repo.git("status", "--porcelain")).toBe("");
});

test("what is staged for a file of chant's own and stands nowhere else is kept first", async () => {
  const path = ".chant/specs/a.md";
  await using repo = await tempRepo({ ...FILES, [path]: "old\n" });
  const made = await landing(repo);
  await repo.write({ [path]: "staged\n" });
  await repo.git("add", path);
  await repo.write({ [path]: "on disk\n" });
  const oidOf = async (text: string): Promise<string> => {
    await writeFile(join(repo.root, "text"), text);
    return repo.git("hash-object", "-w", join(repo.root, "text"));
  };
  const [before, after] = [await oidOf("on disk\n"), await oidOf("landed\n")];
  const owned = {
    path,
    before: Buffer.from("on disk\n"),
    after: Buffer.from("landed\n"),
    beforeOid: before,
    afterOid: after,
    blob: after,
    known: [after, before],
  };
  const kept: (readonly [string, string])[] = [];
  const keepStaged: Proposal["keepStaged"] = async (...what) => void kept.push(what);
  expect(await publishOn(repo, made, { owned: [owned], keepStaged })).toMatchObject({ kind: "done" });
  expect(kept).toEqual([[path, await oidOf("staged\n")]]);
  expect(await repo.read(path)).toBe("landed\n");
});

const SPEC = ".chant/specs/a.md";

/** A landing that changes a spec file, which stands in the checkout as it was committed. */
async function specLanding(repo: TempRepo) {
  const from = await repo.git("rev-parse", "HEAD");
  const aside = join(repo.root, "aside");
  await repo.git("worktree", "add", "-q", "--detach", aside, "HEAD");
  await writeFile(join(aside, SPEC), "landed\n");
  await repo.gitIn(aside, "commit", "-q", "-a", "-m", "Landed");
  const to = await repo.gitIn(aside, "rev-parse", "HEAD");
  await repo.git("worktree", "remove", aside);
  const [beforeOid, afterOid] = [
    await repo.git("rev-parse", `${from}:${SPEC}`),
    await repo.git("rev-parse", `${to}:${SPEC}`),
  ];
  const [before, after] = [Buffer.from("old\n"), Buffer.from("landed\n")];
  const known = [beforeOid, afterOid];
  const owned = [{ path: SPEC, before, after, beforeOid, afterOid, blob: afterOid, known }];
  return { made: { from, to }, owned };
}

test.for<[string, (repo: TempRepo) => Promise<unknown>]>([
  ["untouched", () => Promise.resolve()],
  ["touched", (repo) => utimes(join(repo.path, SPEC), new Date(0), new Date(0))],
  ["saved again", (repo) => repo.write({ [SPEC]: "old\n" })],
])("a spec file that is %s comes forward like any other, and git knows its time", async ([, doing]) => {
  await using repo = await tempRepo({ ...FILES, [SPEC]: "old\n" });
  const { made, owned } = await specLanding(repo);
  const { index } = await afterLanding(repo);
  await doing(repo);
  expect(await publishOn(repo, made, { owned, index })).toMatchObject({ kind: "done" });
  expect(await repo.read(SPEC)).toBe("landed\n");
  // Without another look at the file.
  expect(await repo.git("diff-files", "--name-only")).toBe("");
  expect(await repo.git("status", "--porcelain")).toBe("");
});

test("a spec file that somebody saves before it is brought stays as they saved it", async () => {
  await using repo = await tempRepo({ ...FILES, [SPEC]: "old\n" });
  const { made, owned } = await specLanding(repo);
  const { index } = await afterLanding(repo);
  await repo.write({ [SPEC]: "mine\n" });
  expect(await publishOn(repo, made, { owned, index })).toMatchObject({ kind: "raced" });
  expect(await repo.read(SPEC)).toBe("mine\n");
  expect(await repo.git("rev-parse", "main")).toBe(made.from);
});

test("a spec file whose mode somebody changed keeps it", async () => {
  await using repo = await tempRepo({ ...FILES, [SPEC]: "old\n" });
  const { made, owned } = await specLanding(repo);
  const { index } = await afterLanding(repo);
  await chmod(join(repo.path, SPEC), 0o755);
  expect(await publishOn(repo, made, { owned, index })).toMatchObject({ kind: "done" });
  expect(await repo.read(SPEC)).toBe("landed\n");
  expect((await stat(join(repo.path, SPEC))).mode & 0o777).toBe(0o755);
});

test("nobody switches to a branch while it moves", async () => {
  await using repo = await tempRepo(FILES);
  const made = await landing(repo);
  await repo.git("switch", "-q", "-c", "elsewhere");
  const repository = await findRepository(repo.path);
  let refusal: unknown;
  const published = await publishOn(repo, made, {
    swap: async (ref, to, from, reason) => {
      refusal = await repo.git("switch", "-q", "main").catch((error: unknown) => error);
      return swapRef(repository, ref, to, from, reason);
    },
  });
  expect(published).toMatchObject({ kind: "done" });
  expect(String(refusal)).toContain("index.lock");
  await repo.git("switch", "-q", "main");
  expect(await repo.read("a.txt")).toBe("landed\n");
  expect(await repo.git("status", "--porcelain")).toBe("");
});
