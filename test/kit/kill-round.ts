import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { chant, chantOk } from "./chant.ts";
import { type Ending, endingOf, exactly, isStray } from "./ending.ts";
import { chantInProcess } from "./in-process.ts";
import type { KillStory } from "./kill-stories.ts";
import { saved, type SavedRepo } from "./saved-repo.ts";
import { INTERPRETED } from "./strace.ts";
import type { TempRepo } from "./temp-repo.ts";

/** A story that is ready to be told again and again. */
export interface Told extends AsyncDisposable {
  readonly repo: TempRepo;
  readonly start: SavedRepo;
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
  return {
    repo,
    start,
    expectSameEnd: async () => {
      await goOn(repo, story);
      expect(await endingOf(repo)).toEqual(control);
      await story.each?.(repo);
    },
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
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
