import { expect, test } from "vitest";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const RULES = String.raw`enterprise:
  derived:
    ticket: { from: branch, pattern: "([A-Z]+-\\d+)" }
    component: { from: path, pattern: "src/(\\w+)/", validate: { type: enum, values: [web] } }
    owner: { from: git_user, pattern: email }
`;

test("derive sets what the configuration says, tells first with --dry-run, and leaves what is a person's", async () => {
  await using repo = await tempProject({
    config: RULES,
    specs: { [A]: { front: "target_files: [src/api/x.ts] # here\n" }, [B]: { front: "ticket: MINE-1\n" } },
  });
  await repo.git("checkout", "--quiet", "-b", "feature/PROJ-7-x");
  await repo.git("config", "user.email", "test@example.com");
  const derive = (...args: readonly string[]) => chantInProcess(repo, ["derive", ...args]);
  const lines = `${A}  ticket: PROJ-7\n${A}  component: api\n${A}  owner: test@example.com\n${B}  owner: test@example.com\n`;
  const warning = `warning: ${A}: "component" is "api", and none of web.\n`;
  expect(await derive("--all", "--dry-run")).toEqual({
    status: 0,
    stdout: lines,
    stderr: `${warning}2 specs of 2 would change.\n`,
  });
  expect(await repo.status()).toBe("");
  expect((await derive("bbb")).stderr).toBe(
    `${B}: "ticket" was written by hand, and stays.\n${B}: nothing was found for "component".\n1 spec of 1 changed.\n`,
  );
  expect((await derive("--all")).stdout).toBe(lines.split("\n").slice(0, 3).join("\n") + "\n");
  const text = await repo.read(`.chant/specs/${A}.md`);
  expect(text).toContain(
    "target_files: [src/api/x.ts] # here\nticket: PROJ-7\ncomponent: api\nowner: test@example.com\nderived_fields:\n",
  );
  // Keys of the project's own are known, and no slips.
  expect((await chantInProcess(repo, ["lint"])).stdout).toBe("");

  await repo.git("checkout", "--quiet", "-b", "feature/PROJ-8");
  expect((await derive("--all")).stdout).toBe(`${A}  ticket: PROJ-8\n`);
  expect((await derive("--all")).stderr).toBe(`${warning}0 specs of 2 changed.\n`);
});

test("without rules, with wrong ones, or without saying for what, nothing is done", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  const none = await chantInProcess(repo, ["derive", "--all"]);
  expect(none).toMatchObject({ status: 2, stdout: "" });
  expect(none.stderr).toContain("no enterprise.derived");
  expect((await chantInProcess(repo, ["derive"])).stderr).toContain("say --all");
  expect((await chantInProcess(repo, ["derive", "--all", "aaa"])).status).toBe(2);
  await using wrong = await tempProject({
    config: "enterprise: { derived: { status: { from: branch, pattern: x } } }\n",
  });
  expect((await chantInProcess(wrong, ["derive", "--all"])).stderr).toContain(
    "a map of keys that chant does not use itself",
  );
});
