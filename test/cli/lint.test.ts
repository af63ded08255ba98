import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeRecord } from "../../src/app/engine/record.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { makeFolder } from "../../src/host/files.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";
import { recordOf } from "../kit/record.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const fileOf = (id: string): string => `.chant/specs/${id}.md`;

test("a member without a driver is told in the words that scripts look for, beside its rule", async () => {
  await using repo = await tempProject({ specs: { [A]: {}, [`${A}.2.1`]: {}, [`${B}.5`]: {} } });
  const { status, stdout, stderr } = await chantInProcess(repo, ["lint"]);
  const lines = stdout.split("\n");
  expect(lines).toContain(`Warning: ${B}.5.md references non-existent driver`);
  expect(lines).toContain(`Warning: ${A}.2.1.md references non-existent driver`);
  expect(stdout).toContain(`${fileOf(`${B}.5`)}:1:1: warning member-without-driver: `);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "2 warnings in 3 specs.\n" });
  expect((await chantInProcess(repo, ["lint", "--strict"])).status).toBe(1);
});

test("lint.disable turns rules off, and config check tells of names that turn off nothing", async () => {
  await using repo = await tempProject({
    config: "lint: { disable: [unknown-key, unknown-kee, broken-spec] }\n",
    specs: { [A]: { front: "zzz: 1\n" } },
  });
  expect(await chantInProcess(repo, ["lint", "--strict"])).toMatchObject({ status: 0, stdout: "" });
  const { stdout } = await chantInProcess(repo, ["config", "check"]);
  expect(stdout).toContain('"lint.disable": there is no rule "unknown-kee".');
  expect(stdout).toContain('Did you mean "unknown-key"?');
  expect(stdout).toContain('"lint.disable": the rule "broken-spec" cannot be turned off.');
});

test("each format goes to standard output whole", async () => {
  await using repo = await tempProject({ specs: { [A]: { front: "dependson: x\n" } } });
  const sarif = await chantInProcess(repo, ["lint", "--format", "sarif"]);
  expect(JSON.parse(sarif.stdout)).toMatchObject({
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "chant" } }, results: [{ ruleId: "unknown-key" }] }],
  });
  const github = await chantInProcess(repo, ["lint", "--format", "github"]);
  expect(github).toMatchObject({
    status: 0,
    stdout: `::warning file=${fileOf(A)},line=4,col=1,title=chant unknown-key::There is no key "dependson".%0ADid you mean "depends_on"?\n`,
  });
});

test("--fix mends what is safe and keeps the file's permissions; what has a run or is a link stays", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { front: "dependsOn: []\nzzz: 1\n" },
      [B]: { front: "dependsOn: []\n" },
    },
  });
  const workspace = await openWorkspace(repo.path, {});
  await makeFolder(workspace.places.records);
  await writeRecord(workspace.places, recordOf(B, { worktree: "/tmp/there" }));
  await chmod(join(repo.path, fileOf(A)), 0o600);
  const before = await repo.read(fileOf(A));
  const { status, stderr, stdout } = await chantInProcess(repo, ["lint", "--fix"]);
  expect(status).toBe(0);
  expect(stderr).toBe(
    `${fileOf(A)}:4:1: fixed unknown-key: There is no key "dependsOn".\nFixed 1 finding. 2 warnings in 2 specs.\n`,
  );
  expect(stdout).toContain(`${fileOf(B)}:4:1: warning unknown-key`);
  expect(await repo.read(fileOf(A))).toBe(before.replace("dependsOn", "depends_on"));
  expect((await stat(join(repo.path, fileOf(A)))).mode & 0o777).toBe(0o600);
  expect(await repo.read(fileOf(B))).toContain("dependsOn");
  expect((await chantInProcess(repo, ["lint", "--fix"])).stderr).toBe("2 warnings in 2 specs.\n");
});
