import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";
import { treeOf } from "../kit/tree-hash.ts";

interface Check {
  readonly name: string;
  readonly level: string;
  readonly message: string;
  readonly mend?: string;
}

const GITIGNORE = ".locks/\n.store/\nlogs/\nwatch.pid\n.tmp-*\n";

test("doctor says that all is well, with versions, and changes nothing", async () => {
  await using repo = await tempProject({ agent: ["git"], files: { ".chant/.gitignore": GITIGNORE } });
  const before = treeOf(repo.path);
  const told = await chant(repo, ["doctor"]);
  expect(told).toMatchObject({ status: 0, stderr: "All is well.\n" });
  expect(told.stdout).toMatch(/^ok {7}git: git version \d/m);
  expect(told.stdout).toMatch(/^ok {7}agents: test: git, git version \d/m);
  expect(told.stdout).toMatch(/^ok {7}file-events: a change of a file was seen after \d+ ms$/m);
  expect(told.stdout).toMatch(/^(?:ok|info) +worktree-root: .* GiB free$/m);
  expect(told.stdout).toMatch(/^ok {7}chant: chant \d.*, run by (?:the executable|Node \d)/m);
  expect(told.stdout).toMatch(/^ok {7}state: nothing was left behind$/m);
  expect(treeOf(repo.path)).toEqual(before);
});

test("each thing that is wrong has its finding, with what mends it; nothing hangs, and nothing is mended", async () => {
  await using repo = await tempProject();
  const slow = join(repo.root, "slow");
  await writeFile(slow, "#!/bin/sh\nsleep 1000 & wait\n");
  await chmod(slow, 0o755);
  await repo.write({
    ".chant/config.md": `---\ndefaults: { agent: test }\nparalel: 1\nagents:\n  test: { command: [no-such-program] }\n  slow: { provider: claude, command: [${JSON.stringify(slow)}] }\n  own: { command: [./mine.sh] }\nworktree: { root: /proc/nowhere }\n---\n`,
    ".gitignore": ".chant/specs/\n",
    ".chant/.gitignore": "logs/\n",
    ".chant/.locks/2026-01-01-001-aaa.lock": "4194400\n{}\n",
    ".chant/watch.pid": "4194400\n{}\n",
    ".git/chant/landing.json": "{",
    ".git/chant/runs/2026-01-01-001-aaa.json": "",
    ".git/hooks/pre-commit": "#!/bin/sh\n",
  });
  await repo.git("config", "gc.pruneExpire", "now");
  const before = treeOf(repo.path);
  const told = await chant(repo, ["doctor", "--json"], { limitMs: 25_000 });
  expect(told).toMatchObject({ status: 1, stderr: "" });
  expect(treeOf(repo.path)).toEqual(before);
  const { data } = JSON.parse(told.stdout) as { readonly data: readonly Check[] };
  const found = data
    .filter(({ level }) => level !== "ok")
    .map(({ name, level, message }) => `${level} ${name}: ${message.replace(/[(/].*$/, "").trim()}`);
  for (const words of [
    "warning git-config: gc.pruneExpire is now",
    "info git-config: 1 hook",
    "warning config: .chant",
    "warning ignored: git ignores .chant",
    "warning ignored: git does not ignore .chant",
    "broken worktree-root:",
    "broken agents: test: no-such-program was not found",
    "warning agents: slow:",
    "warning agents: own:",
    "broken state: The record of the run of 2026-01-01-001-aaa is empty or torn",
    "warning state: The lock of 2026-01-01-001-aaa names process 4194400, which is gone",
    "warning state: .chant",
    "broken state: ",
  ]) {
    expect(found, words).toContainEqual(expect.stringContaining(words) as string);
  }
  const unmended = data.filter(({ level, mend }) => /broken|warning/.test(level) && mend === undefined);
  expect(unmended).toEqual([]);
  expect(data.find(({ message }) => message.startsWith("slow:"))?.message).toContain(
    "did not end within 4 s",
  );
});

test("doctor tells where chant was never set up, and where git refuses to work", async () => {
  await using repo = await tempProject();
  await repo.git("rm", "-rq", ".chant");
  await repo.git("config", "extensions.partialClone", "origin");
  const checks = await chant(repo, ["doctor"]);
  expect(checks.status).toBe(1);
  expect(checks.stdout).toContain(
    "broken   set-up: chant was never set up in this repository.\n         mend: chant init\n",
  );
  expect(checks.stdout).toMatch(/^broken {3}git: This repository is a partial clone/m);
  await using whole = await tempProject({ files: { ".chant/.gitignore": GITIGNORE } });
  const level = (await chantJson<readonly Check[]>(whole, ["doctor"])).map((check) => check.level);
  expect(level).not.toContain("broken");
});
