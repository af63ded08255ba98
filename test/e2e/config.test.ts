import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

async function userConfig(repo: TempRepo, front: string): Promise<NodeJS.ProcessEnv> {
  const folder = join(repo.root, "config");
  await mkdir(join(folder, "chant"), { recursive: true });
  await writeFile(join(folder, "chant", "config.md"), `---\n${front}---\n`);
  return { XDG_CONFIG_HOME: folder };
}

test("config check tells each problem with its place, and ends with 1 on errors alone", async () => {
  await using repo = await tempProject({ config: "parallel: { max: 2 }\nparalel: 1\n" });
  const env = await userConfig(repo, "parallel:\n  max: many\n");
  const place = join(repo.root, "config", "chant", "config.md");
  const wrong = await chant(repo, ["config", "check"], { env });
  expect(wrong).toMatchObject({ status: 1, stderr: "1 error and 1 warning.\n" });
  expect(wrong.stdout.split("\n").toSorted()).toEqual(
    [
      "",
      '  hint: Did you mean "parallel"?',
      '.chant/config.md:7:1: warning: There is no key "paralel".',
      `${place}:3:3: error: "parallel.max" is "many"; it must be a whole number from 1 to 1000.`,
    ].toSorted(),
  );
  expect(await chantJson(repo, ["config", "check"])).toMatchObject({
    errors: 0,
    warnings: 1,
    problems: [{ severity: "warning", file: ".chant/config.md", line: 7, column: 1 }],
  });
  // What check calls an error, work refuses.
  const refused = await chant(repo, ["work"], { env });
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining(`${place}:3:3`) as string });
});

test("config show says what holds, and which file says so; the user's file counts in work", async () => {
  const id = "2026-01-01-001-aaa";
  await using repo = await tempProject({
    config: "parallel:\n  max: 2\n",
    specs: { [id]: { script: `printf "$CHANT_WORKTREE $CHANT_BRANCH" >where\nchant tick --all` } },
  });
  const mine = join(repo.root, "mine");
  await mkdir(mine);
  const env = await userConfig(
    repo,
    `parallel: { max: 9 }\nwork: { watch: false }\nworktree: { root: ${JSON.stringify(mine)} }\ndefaults: { branch_prefix: my/ }\n`,
  );
  const place = join(repo.root, "config", "chant", "config.md");
  const shown = await chantOk(repo, ["config", "show"], { env });
  expect(shown).toMatch(/^parallel\.max +2 +\.chant\/config\.md:7$/m);
  expect(shown).toMatch(/^judge\.require_changes +false +default$/m);
  expect(shown).toContain(`${place}:3`);
  expect(await chantJson(repo, ["config", "show", "worktree.root"], { env })).toEqual([
    { key: "worktree.root", value: mine, source: "user", file: place, line: 4 },
  ]);
  const none = await chant(repo, ["config", "show", "paralel"], { env });
  expect(none).toMatchObject({ status: 2, stdout: "" });
  expect(none.stderr).toContain('hint: Did you mean "parallel"?');
  await chantOk(repo, ["work", "--no-watch"], { env });
  expect(await repo.read("where")).toBe(`${join(mine, `chant-${id}`)} my/${id}`);
});

test("config schema prints a schema that needs no repository; wrong words are misuse", async () => {
  await using repo = await tempProject();
  const printed = await chantOk(repo, ["config", "schema"], { cwd: repo.root });
  expect(JSON.parse(printed)).toMatchObject({ title: "Configuration of chant", type: "object" });
  for (const args of [["config"], ["config", "chek"], ["config", "check", "parallel"]]) {
    const refused = await chant(repo, args);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain("hint: ");
  }
});
