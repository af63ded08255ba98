import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanUp } from "../../src/app/engine/clean.ts";
import { preparedFile } from "../../src/app/engine/launch.ts";
import { readRecord, type RunRecord, runFolder, writeRecord } from "../../src/app/engine/record.ts";
import type { Session } from "../../src/app/engine/session.ts";
import { settle, type Settled } from "../../src/app/engine/settle.ts";
import { assess } from "../../src/app/runner/assess.ts";
import { writeIntent } from "../../src/git/intent.ts";
import { makeFolder } from "../../src/host/files.ts";
import { identityOf, ownIdentity } from "../../src/host/identity.ts";
import { run } from "../kit/process.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { A, launchOf, type Scene, withRun } from "../kit/run-scene.ts";

const land = ({ engine, specsOf }: Session, record: RunRecord): Promise<Settled> =>
  settle(engine, {
    target: record.target,
    specs: specsOf(record.target),
    land: [record],
    park: [],
    start: async () => [],
    mayStill: async (claims) => claims,
  });

/** Tells whether a commit can be reached from a snapshot. */
async function isKept(repo: TempRepo, commit: string): Promise<boolean> {
  const refs = await repo.git("for-each-ref", "--format=%(refname)", `--contains=${commit}`, "refs/chant");
  return refs !== "";
}

test("a run that is given up: what came into its worktree after its end is in a snapshot, with its commits", () =>
  withRun(async ({ repo, engine, record, there }) => {
    const tip = await there("rev-parse", "HEAD");
    await writeFile(join(record.worktree, "late.txt"), "late\n");
    const ref = await cleanUp(engine, { ...record, phase: "retiring" });
    expect(await repo.git("show", `${ref}:late.txt`)).toBe("late");
    expect(await isKept(repo, tip)).toBe(true);
    expect(await repo.branches()).toEqual(["main"]);
  }));

test("one that was given up while it was made ready holds nobody up, whatever its shadow looks like", () =>
  withRun(async ({ repo, engine, record, shadow }) => {
    await rm(preparedFile(runFolder(engine.places, record)));
    await writeFile(join(shadow.gitDir, "index"), "cut o");
    await cleanUp(engine, { ...record, phase: "retiring" });
    expect(await repo.branches()).toEqual(["main"]);
  }));

test("where its worktree is gone, its commits are in a snapshot", () =>
  withRun(async ({ repo, engine, record, there }) => {
    const tip = await there("rev-parse", "HEAD");
    await rm(record.worktree, { recursive: true });
    await cleanUp(engine, { ...record, phase: "retiring" });
    expect(await isKept(repo, tip)).toBe(true);
    expect(await repo.branches()).toEqual(["main"]);
  }));

test("an agent that went on without its branch: what it had put there before is in a snapshot", () =>
  withRun(async ({ repo, engine, record, shadow, there }) => {
    const left = await there("rev-parse", "HEAD");
    await there("checkout", "-q", "--detach", record.base);
    await there("commit", "-q", "--allow-empty", "-m", "Elsewhere");
    const tip = await there("rev-parse", "HEAD");
    const launch = launchOf(engine, record);
    const agent = { kind: "exited", code: 0 } as const;
    expect((await assess(launch, shadow, { stashes: [], atMs: 0 }, agent)).tip).toBe(tip);
    expect(await repo.git("rev-parse", record.branch)).toBe(tip);
    expect(await isKept(repo, left)).toBe(true);
  }));

test("a repository that the agent made in its worktree is named once", () =>
  withRun(async ({ engine, record, shadow, there }) => {
    await there("init", "-q", "nested");
    await there("-C", "nested", "commit", "-q", "--allow-empty", "-m", "Lost");
    const agent = { kind: "exited", code: 0 } as const;
    const { verdict } = await assess(launchOf(engine, record), shadow, { stashes: [], atMs: 0 }, agent);
    expect(verdict).toMatchObject({ kind: "attention" });
    expect(JSON.stringify(verdict)).toContain("inside the worktree (nested), ");
  }));

test("what is judged done lands, unless a person has taken it into their own hands since", async () => {
  const parent = identityOf(process.ppid);
  if (parent === undefined) throw new Error("this process has no parent");
  for (const owner of [ownIdentity(), parent]) {
    await withRun(async ({ repo, session, engine, record, there }) => {
      const before = await repo.git("rev-parse", "main");
      const done: RunRecord = { ...record, phase: "landing", tip: await there("rev-parse", "HEAD") };
      await makeFolder(engine.places.records);
      await writeRecord(engine.places, { ...done, owner });
      const settled = await land(session, done);
      const isOurs = owner !== parent;
      expect(settled.landed.map((each) => each.record.id)).toEqual(isOurs ? [A] : []);
      expect((await repo.git("rev-parse", "main")) === before).toBe(!isOurs);
      expect((await readRecord(engine.places, A))?.owner).toEqual(owner);
    });
  }
});

test.each<[string, (path: string) => Promise<unknown>]>([
  ["a folder", (path) => mkdir(path)],
  ["a link to itself", (path) => symlink(path, path)],
  ["a pipe", (path) => run("mkfifo", [path], { cwd: "/", env: process.env })],
])("%s in the place of a spec holds back that spec alone, in landing and in parking", async (_, put) => {
  await withRun(async ({ repo, session, engine, record, there }) => {
    const spec = `.chant/specs/${A}.md`;
    await rm(join(repo.path, spec));
    await put(join(repo.path, spec));
    const done: RunRecord = { ...record, phase: "landing", tip: await there("rev-parse", "HEAD") };
    await makeFolder(engine.places.records);
    await writeRecord(engine.places, done);
    const { held } = await land(session, done);
    expect(held).toMatchObject([{ waits: { reason: "local changes", files: [spec] } }]);
    const parked = { status: "failed", reason: "no", atMs: 0, isPublished: false } as const;
    const settled = await settle(engine, {
      target: record.target,
      specs: session.specsOf(record.target),
      land: [],
      park: [{ ...record, phase: "parked", parked }],
      start: async () => [],
      mayStill: async (claims) => claims,
    });
    expect(settled.parked).toMatchObject([{ isPublished: false }]);
  });
});

test("a landing that was cut off is finished before the next one begins", () =>
  withRun(async ({ repo, session, engine, record, there }) => {
    const from = await repo.git("rev-parse", "main");
    const to = await repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "Cut off");
    const gitDir = join(repo.path, ".git");
    const intent = {
      version: 1,
      ref: record.target,
      from,
      to,
      checkout: repo.path,
      gitDir,
      owned: [],
    } as const;
    await writeIntent(engine.repo, intent);
    const done: RunRecord = { ...record, phase: "landing", tip: await there("rev-parse", "HEAD") };
    await makeFolder(engine.places.records);
    await writeRecord(engine.places, done);
    const settled = await land(session, done);
    expect(settled.landed.length).toBe(1);
    expect((await repo.git("rev-list", "main")).split("\n")).toContain(to);
  }));

async function popConflict(there: Scene["there"], worktree: string): Promise<void> {
  await writeFile(join(worktree, "made.txt"), "put aside\n");
  await there("stash", "-q");
  await writeFile(join(worktree, "made.txt"), "committed\n");
  await there("commit", "-q", "-a", "-m", "More");
  await there("stash", "pop", "-q").catch(() => undefined);
  await there("stash", "drop", "-q");
}

test("a conflict after a stash is for a person as well, and one that was put right is not", async () => {
  for (const isRight of [false, true]) {
    await withRun(async ({ engine, record, shadow, there }) => {
      await popConflict(there, record.worktree);
      if (isRight) await writeFile(join(record.worktree, "made.txt"), "both\n");
      const launch = launchOf(engine, record);
      const end = await assess(launch, shadow, { stashes: [], atMs: 0 }, { kind: "exited", code: 0 });
      expect(end.verdict.kind === "attention" ? end.verdict.reason : end.verdict.kind).toMatch(
        isRight ? /^done$/ : /^a conflict is not resolved in made\.txt/,
      );
    });
  }
});

test.each<[string, (there: Scene["there"], worktree: string) => Promise<unknown>]>([
  [
    "a merge",
    async (there, worktree) => {
      await there("checkout", "-q", "-b", "side", "HEAD~1");
      await writeFile(join(worktree, "made.txt"), "by another\n");
      await there("add", "made.txt");
      await there("commit", "-q", "-m", "Side");
      await there("checkout", "-q", `chant/${A}`);
      await there("merge", "-q", "side").catch(() => undefined);
    },
  ],
  [
    "a bisect",
    async (there) => {
      await there("commit", "-q", "--allow-empty", "-m", "More");
      await there("bisect", "start", "-q", "HEAD", "HEAD~2");
    },
  ],
])("%s that an agent has left unfinished is for a person, and nothing is committed or moved", (what, leave) =>
  withRun(async ({ repo, engine, record, shadow, there }) => {
    await leave(there, record.worktree);
    const [tip, branch] = [await there("rev-parse", "HEAD"), await repo.git("rev-parse", record.branch)];
    const launch = launchOf(engine, record);
    const end = await assess(launch, shadow, { stashes: [], atMs: 0 }, { kind: "exited", code: 0 });
    expect(end.verdict).toMatchObject({ kind: "attention" });
    expect(end.verdict.kind === "done" ? "" : end.verdict.reason).toContain(`${what} is in progress`);
    expect([end.tip, await there("rev-parse", "HEAD")]).toEqual([tip, tip]);
    expect(await repo.git("rev-parse", record.branch)).toBe(branch);
    expect(end.snapshot).toMatch(/^refs\/chant\/snapshots\//);
  }),
);
