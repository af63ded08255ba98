import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentOf } from "../../src/git/facts.ts";
import { restoreMissing } from "../../src/git/missing-files.ts";
import { A, withRun } from "../kit/run-scene.ts";

const NAMES = ["taken.txt", "untracked.txt", "staged.txt", "committed.txt"] as const;

test("what is missing comes back, unless somebody has removed it by git", () =>
  withRun(async ({ engine, record, shadow, there }) => {
    const { worktree: path, adminDir } = record;
    for (const name of NAMES) await writeFile(join(path, name), `${name}\n`);
    await there("add", "taken.txt", "staged.txt", "committed.txt");
    await there("commit", "-q", "-m", `More of ${A}`);
    const tip = await there("rev-parse", "HEAD");
    expect((await contentOf(engine.repo, shadow, path)).kind).toBe("tree");
    const seen = async (): Promise<readonly boolean[]> => {
      await restoreMissing(engine.repo, shadow, { path, adminDir }, tip);
      return NAMES.map((name) => existsSync(join(path, name)));
    };
    expect(await seen()).toEqual([true, true, true, true]);
    await there("rm", "-q", "committed.txt");
    await there("commit", "-q", "-m", "Away");
    await there("rm", "-q", "staged.txt");
    for (const name of ["taken.txt", "untracked.txt"]) await rm(join(path, name));
    expect(await seen()).toEqual([true, true, false, false]);
  }));
