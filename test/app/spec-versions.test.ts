import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { specToTell } from "../../src/app/runner/spec-versions.ts";
import { A, launchOf, withRun } from "../kit/run-scene.ts";

test("an agent is told the spec as its worktree has it, else as the run began", () =>
  withRun(async ({ engine, record }) => {
    const launch = launchOf(engine, record);
    const file = join(record.worktree, `.chant/specs/${A}.md`);
    expect((await specToTell(launch)).criteria).toMatchObject([{ ticked: true }]);
    await writeFile(file, "---\ntype: [\n---\n# Broken\n");
    expect(await specToTell(launch)).toMatchObject({ title: "Do something", criteria: [{ ticked: false }] });
    await rm(file);
    expect(await specToTell(launch)).toMatchObject({ title: "Do something" });
  }));
