import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Launch } from "../../src/app/engine/launch.ts";
import { budgetWatch } from "../../src/app/runner/budget-watch.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const usage = { inputTokens: 90, outputTokens: 10, cachedTokens: 0, isCumulative: false };

test("an agent is not ended while git holds a lock of its commit, unless that was left behind", async () => {
  await using repo = await tempRepo({});
  const adminDir = join(repo.root, "admin");
  await mkdir(join(repo.path, ".git/refs/heads/chant"), { recursive: true });
  await mkdir(adminDir);
  const launch = {
    launch: 2,
    branch: "chant/a",
    repo: { commonDir: join(repo.path, ".git") },
    worktree: { adminDir, path: repo.path },
    budget: { runUsd: 0, runTokens: 150, dayUsd: 0, before: [{ launch: 1, usage }], fromLaunch: 0 },
  } as unknown as Launch;
  let nowMs = 0;
  const watch = budgetWatch(launch, { used: { usage } }, () => nowMs);
  const over = "its budget of 150 tokens is used up: 200 so far; resume gives it as much again";
  expect(await watch()).toBe(over);
  for (const lock of [join(adminDir, "index.lock"), join(repo.path, ".git/refs/heads/chant/a.lock")]) {
    await writeFile(lock, "");
    expect(await watch()).toBeUndefined();
    await rm(lock);
    expect(await watch()).toBe(over);
  }
  await writeFile(join(adminDir, "HEAD.lock"), "");
  expect(await watch()).toBeUndefined();
  nowMs += 31_000;
  expect(await watch()).toBe(over);
  // Of what a person has let go on, only what came after it counts.
  const anew = { ...launch, budget: { ...launch.budget, fromLaunch: 1 } } as Launch;
  expect(await budgetWatch(anew, { used: { usage } }, () => nowMs)()).toBeUndefined();
});
