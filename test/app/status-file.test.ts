import { readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Launch } from "../../src/app/engine/launch.ts";
import {
  readStatusFile,
  STATUS_FILE,
  statusReader,
  writeStatusFile,
} from "../../src/app/runner/status-file.ts";
import { HOW_TO_FINISH } from "../../src/domain/shipped-prompts.ts";
import { excludeStatusFile } from "../../src/git/exclude.ts";
import { findRepository } from "../../src/git/repository.ts";
import { eventually } from "../kit/eventually.ts";
import { tempFolder, tempRepo } from "../kit/temp-repo.ts";

test("an agent's word is heard whenever it changes, also to one of the same length and time", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, STATUS_FILE);
  const say = async (status: string, error: string): Promise<void> => {
    const updated = new Date().toISOString();
    await writeFile(file, JSON.stringify({ spec_id: "a", status, updated_at: updated, error }));
    await utimes(file, 1_000_000, 1_000_000);
  };
  const launch = { id: "a", worktree: { path: folder.path } } as unknown as Launch;
  const read = statusReader(launch, Date.now());
  const status = async (): Promise<string | undefined> => (await read())?.status;
  expect(await status()).toBeUndefined();
  for (const [word, error] of [
    ["working", ""],
    ["done", "..."],
    ["failed", "."],
  ] as const) {
    await say(word, error);
    expect(await status()).toBe(word);
  }
  await eventually("the file is old enough to be remembered", [], async () => {
    expect(await status()).toBe("failed");
    return Date.now() - (await stat(file)).ctimeMs > 1_000;
  });
  expect(await status()).toBe("failed");
  await say("done", "...");
  expect(await status()).toBe("done");
  await rm(file);
  expect(await status()).toBeUndefined();
});

test("a word without a time, as the prompt asks for it, counts when it was written since the run began", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, STATUS_FILE);
  const launch = { id: "a", worktree: { path: folder.path } } as unknown as Launch;
  const [, asked = ""] = /`(\{"spec_id": .*?\})`/.exec(HOW_TO_FINISH) ?? [];
  await writeFile(file, asked.replace("{{id}}", "a"));
  const { ctimeMs } = await stat(file);
  expect(await readStatusFile(launch, ctimeMs)).toMatchObject({ status: "done" });
  expect(await readStatusFile(launch, ctimeMs + 60_000)).toBeUndefined();
  await writeFile(file, JSON.stringify({ spec_id: "a", status: "failed", error: "no luck" }));
  expect(await readStatusFile(launch, Date.now())).toMatchObject({ status: "failed", error: "no luck" });
  // What says that it is older is: git may have put it there.
  const updated = new Date(ctimeMs - 60_000).toISOString();
  await writeFile(file, JSON.stringify({ spec_id: "a", status: "failed", updated_at: updated }));
  expect(await readStatusFile(launch, ctimeMs)).toBeUndefined();
});

test("what a writer left who was killed is in no commit, and whoever writes next takes it away", async () => {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  expect(await excludeStatusFile(repository)).toBe(true);
  expect(await excludeStatusFile(repository)).toBe(false);
  await repo.write({ [`${STATUS_FILE}.tmp`]: "half" });
  await repo.git("add", "--all");
  expect(await repo.status()).toBe("");
  const launch = { id: "a", worktree: { path: repo.path } } as unknown as Launch;
  await writeStatusFile(launch, { status: "working", error: undefined, commits: [] });
  expect((await readdir(repo.path)).toSorted()).toEqual([STATUS_FILE, ".git", "README.md"]);
  expect(await repo.status()).toBe("");
});
