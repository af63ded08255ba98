import { readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { chant, chantOk } from "./chant.ts";
import { type Ending, endingOf, exactly, gitLocks, isStray } from "./ending.ts";
import { chantInProcess } from "./in-process.ts";
import type { KillStory } from "./kill-stories.ts";
import { saved, type SavedRepo } from "./saved-repo.ts";
import { INTERPRETED } from "./strace.ts";
import type { TempRepo } from "./temp-repo.ts";

/** A story that is ready to be told again and again. */
export interface Told extends AsyncDisposable {
  readonly repo: TempRepo;
  readonly start: SavedRepo;
  /**
   * The same after a kill of git, whose locks may be in the way: where one is, it has to be named. Then they are removed,
   * as git says. What is named nowhere is left there, and must not keep anything from its end.
   */
  readonly expectSameEndPastLocks: () => Promise<void>;
  /** Goes on after a kill as its user would, until nothing is left to do, and demands the end that it has without kills. */
  readonly expectSameEnd: () => Promise<void>;
}

/** Makes the state of a story, and tells it to its end once without a kill. */
export async function told(story: KillStory): Promise<Told> {
  const repo = await story.state();
  Object.assign(repo.env, INTERPRETED);
  const start = await saved(repo, "start");
  await chantOk(repo, story.command(repo));
  await goOn(repo, story);
  const control: Ending = await endingOf(repo);
  expect(control).toMatchObject({ left: [], processes: [], broken: "" });
  await story.end(repo);
  await story.each?.(repo);
  const expectSameEnd = async (): Promise<void> => {
    await goOn(repo, story);
    expect(await endingOf(repo)).toEqual(control);
    await story.each?.(repo);
  };
  const expectSameEndPastLocks = async (): Promise<void> => {
    for (const lock of gitLocks(repo)) await utimes(lock, 0, 0);
    await goOnPastLocks(repo, story);
    await goOn(repo, story);
    const { left, status, ...ending } = await endingOf(repo);
    const locks = gitLocks(repo);
    const isEdited = (line: string): boolean =>
      story.edited !== undefined && line.endsWith(` ${story.edited}`);
    expect({
      ...ending,
      left: left.filter((name) => !locks.some((lock) => lock.endsWith(name))),
      status: status
        .split("\n")
        .filter((line) => !isEdited(line))
        .join("\n"),
    }).toEqual(control);
    await story.each?.(repo);
  };
  return {
    repo,
    start,
    expectSameEnd,
    expectSameEndPastLocks,
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

/**
 * Goes on although git's locks are there; where one of them is named, all are removed, as git says. Those that are not
 * named stay: then they are in nobody's way.
 */
async function goOnPastLocks(repo: TempRepo, story: KillStory): Promise<void> {
  const isNamedIn = async (args: readonly string[]): Promise<boolean> => {
    const said = [await chant(repo, args)];
    await repo.quiet();
    for (const name of await readdir(join(repo.path, ".git/chant/runs"))) {
      if (name.endsWith(".json")) said.push(await chant(repo, ["why", name.replace(/\.json$/, "")]));
    }
    const words = said.map(({ stdout, stderr }) => stdout + stderr).join("");
    return gitLocks(repo).some((lock) => words.includes(lock));
  };
  const watch = ["watch", "--once"];
  // The second one lands what the first one has started.
  for (const args of [watch, watch, story.again ?? story.command(repo)]) {
    if (gitLocks(repo).length === 0) return;
    if (!(await isNamedIn(args))) continue;
    for (const lock of gitLocks(repo)) await rm(lock, { force: true });
  }
}

async function goOn(repo: TempRepo, story: KillStory): Promise<void> {
  const { status, stdout, stderr } = await chant(repo, story.again ?? story.command(repo));
  if (status !== 0) {
    expect({ status, said: stdout + stderr }).toEqual({
      status: 1,
      said: expect.stringMatching(story.refusal ?? /^$/) as unknown,
    });
    // What was decided before the kill and not cleared away yet is for whoever comes next.
    await chantOk(repo, ["watch", "--once"]);
  }
  const before = exactly(repo);
  await watchOnce(repo);
  const settled = exactly(repo);
  if (!isDeepStrictEqual(before, settled)) {
    // The command was said again before anybody mended what the kill had left.
    await watchOnce(repo);
    expect(exactly(repo), "a second time changes nothing").toEqual(settled);
  }
  await clearStrays(repo);
}

/** In this process: most of the time it only looks, which takes less than the start of a program. */
async function watchOnce(repo: TempRepo): Promise<void> {
  Object.assign(process.env, repo.env);
  const { status, stderr } = await chantInProcess(repo, ["watch", "--once"]);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
}

/** A file that was written aside and never put in place is for cleanup, once its writer is gone for sure. */
async function clearStrays(repo: TempRepo): Promise<void> {
  const strays = async (): Promise<readonly string[]> =>
    (await readdir(repo.path, { recursive: true })).filter(isStray);
  const found = await strays();
  if (found.length === 0) return;
  for (const name of found) await utimes(join(repo.path, name), 0, 0);
  await chantOk(repo, ["cleanup", "--yes"]);
  expect(await strays()).toEqual([]);
}
