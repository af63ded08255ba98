import { expect, test } from "vitest";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";

test("a spec that was asked for by name and left out by its label is told of, and refused", async () => {
  await using repo = await tempProject({ specs: { [A]: { script: "true" } } });
  const { status, stdout } = await chantInProcess(repo, ["work", A, "--label", "ui", "--no-watch"]);
  expect(status).toBe(1);
  expect(stdout).toContain(`${A}: it has no label "ui"\n`);
});

test("hints name flags as people write them, and begin with a word", async () => {
  await using repo = await tempProject();
  expect((await chantInProcess(repo, ["add", "x", "--body-fil", "y"])).stderr).toContain(
    "did you mean --body-file?",
  );
  expect((await chantInProcess(repo, ["config", "show", "no.such.key"])).stderr).toContain("hint: See them");
  expect((await chantInProcess(repo, ["tick", "x", "1", "--all"])).stderr).toContain("hint: Nothing was");
});
