import { spawn } from "node:child_process";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findLeftBehind, type Look } from "../../src/app/engine/left-behind.ts";
import { Heartbeats } from "../../src/domain/liveness.ts";
import { findRepository } from "../../src/git/repository.ts";
import { requireConfig } from "../../src/store/config.ts";
import { placesOf } from "../../src/store/places.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const A = "2026-01-01-001-aaa";
const HOUR_MS = 3_600_000;

/** Says what becomes of each lost run so many milliseconds from now. */
async function remedies(
  repo: TempRepo,
  inMs: number,
  watched?: Look["watched"],
): Promise<Readonly<Record<string, string>>> {
  const repository = await findRepository(repo.path);
  const places = placesOf(repository.home, repository.commonDir);
  const { config } = await requireConfig(places);
  const found = await findLeftBehind({
    repo: repository,
    places,
    config,
    nowMs: Date.now() + inMs,
    ...(watched === undefined ? {} : { watched }),
  });
  return Object.fromEntries(found.map(({ id, remedy }) => [id, remedy]));
}

/** A worktree as chant makes it, of which no record says anything. */
async function lostWorktree(
  status = "in_progress",
  name = `chant-${A}`,
): Promise<TempRepo & { tree: string }> {
  const repo = await tempProject({ specs: { [A]: { title: "A", status } } });
  const tree = join(repo.worktrees, name);
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${A}`, tree);
  return Object.assign(repo, { tree });
}

const say = (repo: TempRepo, status: string): Promise<void> =>
  repo.write({
    [`../worktrees/chant-${A}/.chant-status.json`]: JSON.stringify({
      spec_id: A,
      status,
      updated_at: new Date().toISOString(),
    }),
  });

test("in progress: by its status file, and by how long nothing happened there", async () => {
  await using repo = await lostWorktree();
  expect(await remedies(repo, 0)).toEqual({ [A]: "wait" });
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "fail" });
  await say(repo, "working");
  expect(await remedies(repo, 0)).toEqual({ [A]: "wait" });
  await say(repo, "done");
  expect(await remedies(repo, 0)).toEqual({ [A]: "judge" });
  await say(repo, "failed");
  expect(await remedies(repo, 0)).toEqual({ [A]: "fail" });
  await repo.git("worktree", "lock", repo.tree);
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "leave" });
});

test("a file that changed deep inside keeps it; so does a process that is in there", async () => {
  await using repo = await lostWorktree("in_progress", `chant-${A}-0123abcd`);
  await repo.write({ [`../worktrees/chant-${A}-0123abcd/deep/down/file`]: "x\n" });
  const later = new Date(Date.now() + 2 * HOUR_MS);
  await utimes(join(repo.tree, "deep", "down", "file"), later, later);
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "wait" });
  expect(await remedies(repo, 4 * HOUR_MS)).toEqual({ [A]: "fail" });
  if (process.platform !== "linux") return;
  const inside = spawn("sleep", ["60"], { cwd: join(repo.tree, "deep"), stdio: "ignore" });
  try {
    expect(await remedies(repo, 4 * HOUR_MS)).toEqual({ [A]: "wait" });
  } finally {
    inside.kill();
  }
});

test("with a clock that was set back it is quiet once it was watched for long enough", async () => {
  await using repo = await lostWorktree();
  const limits = { staleAfterMs: HOUR_MS, maxGapMs: HOUR_MS };
  const heartbeats = new Heartbeats(limits);
  const after = (ms: number): Promise<Readonly<Record<string, string>>> =>
    remedies(repo, -99 * HOUR_MS, (signs) => heartbeats.look(signs, ms));
  expect(await after(0)).toEqual({ [A]: "wait" });
  expect(await after(HOUR_MS / 2)).toEqual({ [A]: "wait" });
  await say(repo, "working");
  expect(await after(HOUR_MS)).toEqual({ [A]: "wait" });
  expect(await after(2 * HOUR_MS)).toEqual({ [A]: "fail" });
});

test("what is pending, failed or completed is left, however old", async () => {
  for (const status of ["pending", "failed", "needs_attention", "completed", "cancelled"]) {
    await using repo = await lostWorktree(status);
    await say(repo, "done");
    expect(await remedies(repo, 99 * HOUR_MS)).toEqual({ [A]: "leave" });
  }
});

test("an orphan is one only when its spec stands nowhere, and nobody has taken it", async () => {
  await using repo = await lostWorktree();
  const spec = await repo.read(`.chant/specs/${A}.md`);
  await repo.git("branch", "other");
  await repo.git("rm", "--quiet", `.chant/specs/${A}.md`);
  await repo.git("commit", "--quiet", "-m", "Gone");
  expect(await remedies(repo, 99 * HOUR_MS)).toEqual({ [A]: "leave" });
  await repo.git("branch", "--quiet", "-D", "other");
  expect(await remedies(repo, 0)).toEqual({ [A]: "leave" });
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "clean" });
  await repo.write({ [`.chant/specs/${A}.md`]: spec });
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "leave" });
  await repo.git("clean", "-fdq", ".chant/specs");
  await repo.write({ [`.chant/archive/2026/01/${A}.md`]: spec });
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "leave" });
  await repo.git("clean", "-fdq", ".chant/archive");
  await repo.gitIn(repo.tree, "switch", "--quiet", "-c", "mine");
  expect(await remedies(repo, 2 * HOUR_MS)).toEqual({ [A]: "leave" });
});

test("worktrees of other names or in other places are nobody's business", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", status: "in_progress" } } });
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${A}`, join(repo.root, `chant-${A}`));
  await repo.git("worktree", "add", "--quiet", "-b", "mine", join(repo.worktrees, "mine"));
  expect(await remedies(repo, 99 * HOUR_MS)).toEqual({});
});
