import { rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Launch } from "../../src/app/engine/launch.ts";
import { STATUS_FILE, statusReader } from "../../src/app/runner/status-file.ts";
import { eventually } from "../kit/eventually.ts";
import { tempFolder } from "../kit/temp-repo.ts";

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
