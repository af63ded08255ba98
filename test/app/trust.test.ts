import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  requireTrustedCommands,
  trustCommands,
  trustedCommands,
  untrustedAmong,
} from "../../src/app/engine/command-trust.ts";
import { letRun, untrustedCommands } from "../../src/app/trust.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { goodScript, tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

const check = (command: string): string => `It works <!-- check: ${command} -->`;

test("a command is trusted by its whole text, once for all that name it", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { criteria: [check("npm test"), "No check", check("npm run lint")] },
      [B]: { criteria: [check("npm test")], labels: ["b"] },
      [`${A}.1`]: { criteria: ["Member"] },
      "2026-01-01-003-ccc": { criteria: [check("rm -rf build")], status: "cancelled" },
      "2026-01-01-004-ddd": { criteria: [check("make done")], status: "completed" },
      "2026-01-01-005-eee": { criteria: [check("npm  test")] },
    },
  });
  const workspace = await openWorkspace(repo.path, {});
  const all = await untrustedCommands(workspace);
  // A has a member, so its own criteria do not count.
  expect(all).toEqual([
    { command: "npm test", namedBy: [`${B}, criterion 1`] },
    { command: "make done", namedBy: ["2026-01-01-004-ddd, criterion 1"] },
    { command: "npm  test", namedBy: ["2026-01-01-005-eee, criterion 1"] },
  ]);
  expect(await untrustedCommands(workspace, { isOpen: true, label: "b" })).toEqual(all.slice(0, 1));
  expect(await untrustedCommands(workspace, { ids: ["2026-01-01-004-ddd"], isOpen: true })).toEqual([]);
  await letRun(workspace, all.slice(0, 1));
  expect(await untrustedCommands(workspace)).toEqual(all.slice(1));
});

test("many at once let run are all remembered, and a file that cannot be read trusts nothing", async () => {
  await using repo = await tempProject();
  const { places } = await openWorkspace(repo.path, {});
  expect((await trustedCommands(places)).size).toBe(0);
  const names = Array.from({ length: 8 }, (_, at) => `make part${at}`);
  await Promise.all(names.map((name) => trustCommands(places, [name])));
  expect([...(await trustedCommands(places))]).toEqual(names);
  expect(await untrustedAmong(places, ["make part1", "make all", "make all"])).toEqual(["make all"]);
  await requireTrustedCommands(places, names);
  await expect(requireTrustedCommands(places, ["make all", "make most"])).rejects.toMatchObject({
    code: "COMMANDS_UNTRUSTED",
    message: "Nobody has let this command run here yet: make all (and 1 more)",
  });
  for (const torn of ["", "{", '{"version":1,"commands":"make all"}']) {
    await writeFile(join(places.own, "trusted-commands.json"), torn);
    expect((await trustedCommands(places)).size).toBe(0);
  }
});

test("chant trust shows what would run and takes --yes; an agent cannot give it", async () => {
  await using repo = await tempProject({ specs: { [A]: { criteria: [check("printf '\\033[2J'")] } } });
  const shown = await chantInProcess(repo, ["trust", "commands"]);
  expect(shown).toEqual({
    status: 1,
    stdout: `Commands that would run with your rights:\n  printf '\\033[2J'\n    of ${A}, criterion 1\n`,
    stderr: "Nothing was accepted.\nhint: Accept it with: chant trust commands --yes\n",
  });
  const agents = repo.env;
  agents["CHANT_RUN_TOKEN"] = "of-a-run";
  expect(await chantInProcess(repo, ["trust", "--yes"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("Trust is a person's word") as string,
  });
  delete agents["CHANT_RUN_TOKEN"];
  expect(await chantInProcess(repo, ["trust", "--yes", "--json"])).toMatchObject({
    status: 0,
    stdout: `${JSON.stringify({ version: 1, data: { changes: [], commands: [{ command: "printf '\\033[2J'", namedBy: [`${A}, criterion 1`] }], isAccepted: true } })}\n`,
  });
  expect(await chantInProcess(repo, ["trust"])).toMatchObject({
    status: 0,
    stdout: "There is nothing that would have to be trusted.\n",
  });
});

test("work starts nothing whose checks nobody has let run, and why says so", async () => {
  await using repo = await tempProject({
    specs: { [A]: { criteria: [check("true")], script: goodScript("a.txt") }, [B]: { type: "code" } },
  });
  const refused = await chantInProcess(repo, ["work", A, "--no-watch"]);
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stdout).toContain('nobody has let its check "true" run here yet (chant trust commands)');
  expect(await repo.git("log", "--format=%s")).toBe("First commit");
  const why = await chantInProcess(repo, ["why", A]);
  expect(why.stdout).toContain('It is not taken, because nobody has let its check "true" run here yet');
  expect(why.stdout).toContain("chant trust commands\n");
});
