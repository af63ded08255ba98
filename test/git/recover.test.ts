import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownIdentity } from "../../src/host/identity.ts";
import { type Intent, readIntent, writeIntent } from "../../src/git/intent.ts";
import { ObjectReader } from "../../src/git/object-reader.ts";
import { storeObjects } from "../../src/git/objects.ts";
import { recoverPublish, whyNotRecovered } from "../../src/git/recover.ts";
import { findRepository } from "../../src/git/repository.ts";
import { Trees } from "../../src/git/tree.ts";
import { run } from "../kit/process.ts";
import { tempRepo, type TempRepo } from "../kit/temp-repo.ts";

const SPEC = ".chant/specs/one.md";

const BEFORE = {
  "a.txt": "one\n",
  "b.txt": "two\n",
  "gone/soon.txt": "soon gone\n",
  "run.sh": "echo\n",
  "was/folder.txt": "a folder\n",
  was2: "a file\n",
  [SPEC]: "pending\n",
};

const AFTER = {
  "a.txt": "one landed\nand more\n",
  "new/file.txt": "new\n",
  was: "a file now\n",
  "was2/folder.txt": "now\n",
};

/** A commit that changes, adds and removes files in every way, made beside the user's checkout. */
async function landing(repo: TempRepo, more: Readonly<Record<string, string>> = {}): Promise<Intent> {
  const from = await repo.git("rev-parse", "HEAD");
  const aside = join(repo.root, "aside");
  await repo.git("worktree", "add", "-q", "--detach", aside, "HEAD");
  await land(aside);
  for (const [path, content] of Object.entries(more)) await writeFile(join(aside, path), content);
  await writeFile(join(aside, SPEC), "completed\n");
  await repo.gitIn(aside, "add", "-A");
  await repo.gitIn(aside, "commit", "-q", "-m", "Landed");
  const to = await repo.gitIn(aside, "rev-parse", "HEAD");
  await repo.git("worktree", "remove", "--force", aside);
  const oid = (commit: string): Promise<string> => repo.git("rev-parse", `${commit}:${SPEC}`);
  return {
    version: 1,
    ref: "refs/heads/main",
    from,
    to,
    checkout: repo.path,
    gitDir: join(repo.path, ".git"),
    owned: [{ path: SPEC, beforeOid: await oid(from), afterOid: await oid(to) }],
  };
}

/** What the landing does to files, but for the spec, which chant writes itself. */
async function land(folder: string): Promise<void> {
  for (const path of ["gone", "was", "was2"]) await rm(join(folder, path), { recursive: true });
  for (const [path, content] of Object.entries(AFTER)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  await chmod(join(folder, "run.sh"), 0o755);
  await symlink("a.txt", join(folder, "link"));
}

/** What chant had done when it was killed, each stage with all of those before it. */
const STAGES = ["intent", "some files", "a file half", "files", "owned", "ref", "index"] as const;

async function killedAt(repo: TempRepo, intent: Intent, stage: (typeof STAGES)[number]): Promise<void> {
  const has = (each: (typeof STAGES)[number]): boolean => STAGES.indexOf(stage) >= STAGES.indexOf(each);
  await writeIntent(await findRepository(repo.path), intent);
  if (has("some files")) {
    await rm(join(repo.path, "a.txt"));
    await rm(join(repo.path, "gone"), { recursive: true });
  }
  if (has("a file half")) await repo.write({ "a.txt": "one lan", "new/file.txt": "" });
  if (has("files")) {
    await mkdir(join(repo.path, "gone"), { recursive: true });
    await land(repo.path);
  }
  if (has("owned")) await repo.write({ [SPEC]: "completed\n" });
  if (has("ref")) await repo.git("update-ref", intent.ref, intent.to, intent.from);
  if (has("index")) await repo.git("read-tree", intent.to);
}

const isBefore = (a: (typeof STAGES)[number], b: (typeof STAGES)[number]): boolean =>
  STAGES.indexOf(a) < STAGES.indexOf(b);

const recover = async (repo: TempRepo): Promise<boolean> => recoverPublish(await findRepository(repo.path));

/** Every file and folder with what is in it, and what is staged. */
async function picture(repo: TempRepo): Promise<unknown> {
  const names = (await readdir(repo.path, { recursive: true })).filter((name) => !/^\.git(\/|$)/.test(name));
  const files = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = join(repo.path, name);
      const stat = await lstat(path);
      if (stat.isDirectory()) return [name, "folder"];
      if (stat.isSymbolicLink()) return [name, "link", await readlink(path)];
      return [name, stat.mode % 0o1000, (await readFile(path)).toString("latin1")];
    }),
  );
  return { files, staged: await repo.git("ls-files", "-s"), head: await repo.git("rev-parse", "HEAD") };
}

/** Nothing of the landing is left, and to recover once more changes nothing. */
async function expectSettled(repo: TempRepo): Promise<void> {
  const left = (await readdir(join(repo.path, ".git"))).filter((name) => /lock|chant-index|\.tmp/.test(name));
  expect(left).toEqual([]);
  expect(await readIntent(await findRepository(repo.path))).toBe(undefined);
  const before = await picture(repo);
  expect(await recover(repo)).toBe(false);
  expect(await picture(repo)).toEqual(before);
}

test("without anything left over there is nothing to do", async () => {
  await using repo = await tempRepo(BEFORE);
  await expectSettled(repo);
});

describe.each(STAGES)("killed after: %s", (stage) => {
  test("the landing is brought to its end", async () => {
    await using repo = await tempRepo(BEFORE);
    const intent = await landing(repo);
    await killedAt(repo, intent, stage);
    expect(await recover(repo)).toBe(true);
    expect(await repo.git("rev-parse", "HEAD")).toBe(intent.to);
    expect(await repo.status()).toBe("");
    for (const [path, content] of Object.entries(AFTER)) expect(await repo.read(path)).toBe(content);
    expect(await repo.read(SPEC)).toBe("completed\n");
    expect(repo.has("gone")).toBe(false);
    await expectSettled(repo);
  });

  test("a second try after a kill in the middle of the first ends in the same", async () => {
    await using repo = await tempRepo(BEFORE);
    const intent = await landing(repo);
    await killedAt(repo, intent, stage);
    await recover(repo);
    const once = await picture(repo);
    await writeIntent(await findRepository(repo.path), intent);
    expect(await recover(repo)).toBe(true);
    expect(await picture(repo)).toEqual(once);
    await expectSettled(repo);
  });

  if (isBefore(stage, "ref")) {
    test("on a branch that was moved elsewhere, the files go back", async () => {
      await using repo = await tempRepo(BEFORE);
      const intent = await landing(repo);
      await killedAt(repo, intent, stage);
      await repo.git("commit", "-q", "--allow-empty", "-m", "The user goes on");
      const theirs = await repo.git("rev-parse", "HEAD");
      expect(await recover(repo)).toBe(true);
      expect(await repo.git("rev-parse", "HEAD")).toBe(theirs);
      expect(await repo.status()).toBe("");
      for (const [path, content] of Object.entries(BEFORE)) expect(await repo.read(path)).toBe(content);
      await expectSettled(repo);
    });
  }

  test("what the user did in between stays, byte for byte", async () => {
    await using repo = await tempRepo({ ...BEFORE, "staged.txt": "1\n", "both.txt": "1\n" });
    const intent = await landing(repo);
    await killedAt(repo, intent, stage);
    const mine = {
      "a.txt": "mine\r\n",
      "b.txt": "mine as well\n",
      "gone/soon.txt": "I still need this\n",
      "new/file.txt": "my own new file\n",
      "staged.txt": "2\n",
      "both.txt": "3\n",
      "untracked.txt": "mine\n",
      [SPEC]: "pending, edited\n",
    };
    await repo.write({ "both.txt": "2\n" });
    await repo.git("add", "both.txt");
    await rm(join(repo.path, "link"), { force: true });
    await symlink("b.txt", join(repo.path, "link"));
    await repo.write(mine);
    await repo.git("add", "staged.txt");
    expect(await recover(repo)).toBe(true);
    for (const [path, content] of Object.entries(mine)) expect(await repo.read(path)).toBe(content);
    expect(await readlink(join(repo.path, "link"))).toBe("b.txt");
    expect(await repo.git("rev-parse", "HEAD")).toBe(intent.to);
    expect((await repo.status()).split("\n").toSorted()).toEqual([
      " M .chant/specs/one.md",
      " M a.txt",
      " M b.txt",
      " M link",
      " M new/file.txt",
      "?? gone/",
      "?? untracked.txt",
      "M  staged.txt",
      "MM both.txt",
    ]);
    await expectSettled(repo);
  });

  if (isBefore(stage, "index")) {
    test("what is staged stays staged, also in its own files", async () => {
      await using repo = await tempRepo(BEFORE);
      const intent = await landing(repo);
      await killedAt(repo, intent, stage);
      await repo.write({ "a.txt": "mine, staged\n" });
      await repo.git("add", "a.txt");
      await repo.git("update-index", "--force-remove", "run.sh");
      await repo.git(
        "update-index",
        "--add",
        "--cacheinfo",
        `100644,${await repo.git("rev-parse", ":b.txt")},new/file.txt`,
      );
      const staged = (): Promise<string> => repo.git("ls-files", "-s", "a.txt", "run.sh", "new/file.txt");
      const before = await staged();
      expect(await recover(repo)).toBe(true);
      expect(await staged()).toBe(before);
      expect(await repo.read("a.txt")).toBe("mine, staged\n");
      await expectSettled(repo);
    });
  }
});

test("where the landing wants a folder and the user has made a file, the file stays", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "intent");
  await repo.write({ new: "mine\n", was2: "mine too\n" });
  expect(await recover(repo)).toBe(true);
  expect(await repo.read("new")).toBe("mine\n");
  expect(await repo.read("was2")).toBe("mine too\n");
  await expectSettled(repo);
});

test("where the landing wants a file and the user has put something in the folder, it stays", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "intent");
  await repo.write({ "was/mine.txt": "mine\n" });
  expect(await recover(repo)).toBe(true);
  expect(await repo.read("was/mine.txt")).toBe("mine\n");
  await expectSettled(repo);
});

test.each<[string, (path: string) => Promise<unknown>]>([
  ["a folder", (path) => mkdir(path)],
  ["a pipe", (path) => run("mkfifo", [path], { cwd: "/", env: process.env })],
  [
    "a file for its folder",
    (path) => rm(dirname(path), { recursive: true }).then(() => writeFile(dirname(path), "")),
  ],
])("%s in the place of a spec stays, and holds up no landing", async (_, put) => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  const owned = intent.owned.map((file) => ({ ...file, beforeOid: undefined }));
  await killedAt(repo, { ...intent, owned }, "files");
  await rm(join(repo.path, SPEC));
  await put(join(repo.path, SPEC));
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("rev-parse", "HEAD")).toBe(intent.to);
  expect((await lstat(join(repo.path, SPEC)).catch(() => undefined))?.isFile()).not.toBe(true);
});

test("nothing is changed behind a link that the user has put in the place of a folder", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "files");
  await mkdir(join(repo.root, "elsewhere"));
  await writeFile(join(repo.root, "elsewhere", "file.txt"), "new\n");
  await rm(join(repo.path, "new"), { recursive: true });
  await symlink(join(repo.root, "elsewhere"), join(repo.path, "new"));
  await repo.git("commit", "-q", "--allow-empty", "-m", "The user goes on");
  expect(await recover(repo)).toBe(true);
  expect(await repo.read("../elsewhere/file.txt")).toBe("new\n");
  expect(await readlink(join(repo.path, "new"))).toBe(join(repo.root, "elsewhere"));
  await expectSettled(repo);
});

test("a branch that the user has set to an older commit keeps that commit's files", async () => {
  await using repo = await tempRepo({ "a.txt": "one\n" });
  // What the landing adds to, was a beginning of what it is now.
  const older = await repo.git("rev-parse", "HEAD");
  await repo.write({ ...BEFORE, "a.txt": "one landed\n" });
  await repo.commitAll("The second");
  const intent = await landing(repo);
  await killedAt(repo, intent, "owned");
  await repo.git("reset", "-q", "--hard", older);
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("rev-parse", "HEAD")).toBe(older);
  expect(await repo.read("a.txt")).toBe("one\n");
  expect(await repo.status()).toBe("");
  await expectSettled(repo);
});

test("a landing that the user has reverted stays reverted", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "index");
  await repo.git("revert", "--no-edit", "HEAD");
  const theirs = await repo.git("rev-parse", "HEAD");
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("rev-parse", "HEAD")).toBe(theirs);
  expect(await repo.status()).toBe("");
  expect(await repo.read("a.txt")).toBe("one\n");
  await expectSettled(repo);
});

for (const [name, args] of [
  ["another branch", ["-c", "other"]],
  ["no branch", ["--detach"]],
] as const) {
  test.each(["files", "owned"] as const)(
    `switched to ${name} after: %s, the files go back`,
    async (stage) => {
      await using repo = await tempRepo(BEFORE);
      const intent = await landing(repo);
      await killedAt(repo, intent, stage);
      await repo.git("switch", "-q", ...args);
      await repo.write({ "b.txt": "mine\n" });
      expect(await recover(repo)).toBe(true);
      expect(await repo.git("rev-parse", "main")).toBe(intent.to);
      expect(await repo.git("rev-parse", "HEAD")).toBe(intent.from);
      expect(await repo.status()).toBe(" M b.txt");
      await expectSettled(repo);
    },
  );
}

test("switched to another branch after the branch moved, before the index: both go forward", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "ref");
  await repo.git("switch", "-q", "-c", "other");
  expect(await recover(repo)).toBe(true);
  expect(await repo.status()).toBe("");
  await expectSettled(repo);
});

test("a checkout that the user has switched to another branch is left as it is", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "intent");
  await repo.git("switch", "-q", "-c", "other");
  const before = await picture(repo);
  expect(await recover(repo)).toBe(true);
  expect(await picture(repo)).toEqual(before);
  expect(await repo.git("rev-parse", "main")).toBe(intent.to);
});

const deadLock = (): string =>
  `chant index lock ${JSON.stringify({ ...ownIdentity(), pid: 4_194_000, startedAt: "1" })}\n`;

test("a lock on the index that a dead chant left is removed, with its copies", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "some files");
  await repo.write({
    ".git/index.lock": deadLock(),
    ".git/chant-index-abc": "x",
    ".git/chant-index-abc.lock": "x",
    // Of a git that was killed while one file was brought.
    ".git/chant-index-one.lock": "x",
  });
  expect(await recover(repo)).toBe(true);
  expect(await repo.status()).toBe("");
  await expectSettled(repo);
  await repo.write({ ".git/index.lock": deadLock() });
  expect(await recover(repo)).toBe(true);
  await expectSettled(repo);
});

test("a lock of git's own, or of another process that lives, is waited for and never removed", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  const parent = { ...ownIdentity(), pid: 1, host: "elsewhere" };
  for (const content of ["", "DIRC\0", `chant index lock ${JSON.stringify(parent)}\n`]) {
    await repo.write({ ".git/index.lock": content });
    expect(await recover(repo)).toBe(false);
    expect(await repo.read(".git/index.lock")).toBe(content);
  }
  await killedAt(repo, intent, "files");
  const recovered = recover(repo);
  await repo.git("log", "-1");
  expect(await repo.read(".git/index.lock")).toContain("elsewhere");
  expect(await readIntent(await findRepository(repo.path))).toEqual(intent);
  await rm(join(repo.path, ".git/index.lock"));
  expect(await recovered).toBe(true);
  expect(await repo.status()).toBe("");
  await expectSettled(repo);
});

test("an edit that git tells by the time of its index alone is told after a recovery as well", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await repo.git("config", "core.trustctime", "false");
  const at = (path: string): Promise<void> => utimes(join(repo.path, path), 1_700_000_000, 1_700_000_000);
  await at("b.txt");
  await repo.git("update-index", "--refresh");
  await repo.write({ "b.txt": "own\n" });
  await killedAt(repo, intent, "ref");
  for (const path of ["b.txt", ".git/index"]) await at(path);
  expect(await recover(repo)).toBe(true);
  expect(await repo.status()).toBe(" M b.txt");
});

test("what a sparse checkout leaves out stays out", async () => {
  await using repo = await tempRepo({ ...BEFORE, "out/file.txt": "one\n" });
  const intent = await landing(repo, { "out/file.txt": "landed\n" });
  await repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/out/");
  expect(repo.has("out")).toBe(false);
  await killedAt(repo, intent, "intent");
  expect(await recover(repo)).toBe(true);
  expect(repo.has("out")).toBe(false);
  expect(await repo.status()).toBe("");
  expect(await repo.git("show", ":out/file.txt")).toBe("landed");
  await expectSettled(repo);
});

test("a file that the user has made executable stays so", async () => {
  await using repo = await tempRepo(BEFORE);
  const intent = await landing(repo);
  await killedAt(repo, intent, "intent");
  await chmod(join(repo.path, "a.txt"), 0o755);
  expect(await recover(repo)).toBe(true);
  expect(await repo.read("a.txt")).toBe("one\n");
  expect((await lstat(join(repo.path, "a.txt"))).mode & 0o777).toBe(0o755);
  await expectSettled(repo);
});

test("a file with line ends of the checkout's own is known again", async () => {
  await using repo = await tempRepo({ ...BEFORE, ".gitattributes": "*.txt text eol=crlf\n" });
  const intent = await landing(repo);
  await repo.write({ "a.txt": "one\r\n" });
  await killedAt(repo, intent, "intent");
  expect(await recover(repo)).toBe(true);
  expect(await repo.read("a.txt")).toBe("one landed\r\nand more\r\n");
  expect(await repo.status()).toBe("");
  await expectSettled(repo);
});

test("names that are no UTF-8 do not become other names", async () => {
  await using repo = await tempRepo(BEFORE);
  const blob = await repo.git("rev-parse", "HEAD:b.txt");
  const tree = await repo.git("rev-parse", "HEAD^{tree}");
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  const made = await new Trees(repository, reader).withRaw(
    tree,
    new Map([["\xff.txt", { mode: "100644", oid: blob }]]),
  );
  await storeObjects(repository, made.objects);
  const from = await repo.git("rev-parse", "HEAD");
  const to = await repo.git("commit-tree", "-p", from, "-m", "Landed", made.oid);
  await killedAt(repo, { ...(await landing(repo)), to, owned: [] }, "intent");
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("write-tree")).toBe(made.oid);
  expect(await repo.git("ls-files", "--others")).toBe("");
  await expectSettled(repo);
});

const spec = (status: string, more = ""): string => `---\nstatus: ${status}\n---\n\n# One\n${more}`;

/** A landing that changes the status of a spec, whose file the user edits before it is brought to its end. */
async function specLanding(repo: TempRepo, byGit: { readonly isByGit?: true } = {}): Promise<Intent> {
  const from = await repo.git("rev-parse", "HEAD");
  await repo.write({ [SPEC]: spec("completed") });
  await repo.git("commit", "-q", "-a", "-m", "Landed");
  const to = await repo.git("rev-parse", "HEAD");
  await repo.git("reset", "-q", "--hard", from);
  const oid = (commit: string): Promise<string> => repo.git("rev-parse", `${commit}:${SPEC}`);
  const owned = [{ path: SPEC, beforeOid: await oid(from), afterOid: await oid(to), ...byGit }];
  const gitDir = join(repo.path, ".git");
  const intent: Intent = { version: 1, ref: "refs/heads/main", from, to, checkout: repo.path, gitDir, owned };
  await writeIntent(await findRepository(repo.path), intent);
  return intent;
}

test.for([
  ["in_progress", {}],
  ["completed", {}],
  ["in_progress", { isByGit: true }],
  ["completed", { isByGit: true }],
] as const)("an edit saved over a spec that said %s gets its new status", async ([status, byGit]) => {
  await using repo = await tempRepo({ [SPEC]: spec("in_progress") });
  const { to } = await specLanding(repo, byGit);
  await repo.write({ [SPEC]: spec(status, "mine\n") });
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("rev-parse", "HEAD")).toBe(to);
  expect(await repo.read(SPEC)).toBe(spec("completed", "mine\n"));
});

test.for([undefined, "", "---\nstatus: comp", spec("in_progress"), spec("completed")])(
  "a spec that git was writing is whole again: %j",
  async (left) => {
    await using repo = await tempRepo({ [SPEC]: spec("in_progress") });
    const { to } = await specLanding(repo, { isByGit: true });
    if (left === undefined) await rm(join(repo.path, SPEC));
    else await repo.write({ [SPEC]: left });
    expect(await recover(repo)).toBe(true);
    expect(await repo.git("rev-parse", "HEAD")).toBe(to);
    expect(await repo.read(SPEC)).toBe(spec("completed"));
    expect(await repo.status()).toBe("");
  },
);

test("a landing whose branch git keeps locked is taken back, and the edit stays", async () => {
  await using repo = await tempRepo({ [SPEC]: spec("in_progress") });
  const { from } = await specLanding(repo);
  await repo.write({ [SPEC]: spec("completed", "mine\n"), ".git/refs/heads/main.lock": "" });
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("rev-parse", "HEAD")).toBe(from);
  expect(await repo.read(SPEC)).toBe(spec("in_progress", "mine\n"));
  expect(await readIntent(await findRepository(repo.path))).toBeUndefined();
});

test("the branch does not move before its checkout can follow", async () => {
  await using repo = await tempRepo({ [SPEC]: spec("in_progress") });
  const { from, to } = await specLanding(repo);
  await repo.write({ ".git/index.lock": "" });
  const repository = await findRepository(repo.path);
  await expect(recoverPublish(repository, 100)).rejects.toThrow("index.lock");
  expect(await repo.git("rev-parse", "HEAD")).toBe(from);
  expect(await whyNotRecovered(repository)).toContain("index.lock");
  await rm(join(repo.path, ".git", "index.lock"));
  expect(await whyNotRecovered(repository)).toBeUndefined();
  expect(await recover(repo)).toBe(true);
  expect(await repo.git("rev-parse", "HEAD")).toBe(to);
  expect(await repo.git("status", "--porcelain")).toBe("");
});
