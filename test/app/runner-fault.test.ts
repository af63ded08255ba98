import { readFile, rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { launchOf } from "../../src/app/engine/begin.ts";
import { launchFile, preparedFile, writeJson } from "../../src/app/engine/launch.ts";
import { readEnd } from "../../src/app/engine/launch-files.ts";
import { runLaunch } from "../../src/app/runner/runner.ts";
import { specLogFile } from "../../src/store/places.ts";
import { A, type Scene, withRun } from "../kit/run-scene.ts";

/** Hands the first launch of a run over whose worktree is not ready yet. */
async function firstLaunch({ engine, record }: Scene): Promise<string> {
  const { folder, launch } = launchOf(engine, { ...record, launch: 0 });
  await rm(preparedFile(folder));
  await writeJson(launchFile(folder, 1), launch);
  return folder;
}

test("what keeps a worktree from being made ready for good is for a person at once, and by its name", () =>
  withRun(async (scene) => {
    const folder = await firstLaunch(scene);
    await scene.repo.git("config", "core.fsmonitor", "./theirs");
    await runLaunch(folder, 1);
    const { verdict } = (await readEnd(folder, 1)) ?? {};
    expect(verdict?.kind).toBe("attention");
    expect(verdict?.kind === "attention" && verdict.reason).toMatch(
      /^its worktree cannot be made ready: the git configuration changed .*fsmonitor/,
    );
  }));

test("work whose judgement meets no git that works is judged by the next runner", () =>
  withRun(async ({ engine, record }) => {
    const { folder, launch } = launchOf(engine, { ...record, launch: 0, judgeOnly: {} });
    const { PATH } = process.env;
    await writeJson(launchFile(folder, 1), launch);
    process.env["PATH"] = folder;
    try {
      await expect(runLaunch(folder, 1)).rejects.toMatchObject({ code: "GIT_FAILED" });
    } finally {
      process.env["PATH"] = PATH;
    }
    expect(await readEnd(folder, 1)).toBeUndefined();
    await writeJson(launchFile(folder, 2), { ...launch, launch: 2 });
    await runLaunch(folder, 2);
    expect((await readEnd(folder, 2))?.verdict.kind).toBe("done");
  }));

test("what passes ends the runner, and its words stand in the run's log", () =>
  withRun(async (scene) => {
    const folder = await firstLaunch(scene);
    await rm(scene.record.adminDir, { recursive: true });
    await expect(runLaunch(folder, 1)).rejects.toMatchObject({ code: "GIT_FAILED" });
    expect(await readEnd(folder, 1)).toBeUndefined();
    const log = await readFile(specLogFile(scene.engine.places.logs, A), "utf8");
    expect(log).toMatch(/the runner could not go on: git reset failed: /);
  }));
