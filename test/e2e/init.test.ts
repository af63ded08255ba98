import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { tempRepo } from "../kit/temp-repo.ts";

test("init makes what is missing, says so, and keeps what is there", async () => {
  await using repo = await tempRepo();
  const first = await chant(repo, ["init"]);
  expect(first).toMatchObject({ status: 0, stdout: "" });
  expect(first.stderr.replace(repo.path, "HERE")).toMatchInlineSnapshot(`
    "  wrote  .chant/config.md
      wrote  .chant/prompts/standard.md
      wrote  .chant/prompts/tdd.md
      wrote  .chant/prompts/minimal.md
      wrote  .chant/prompts/review.md
      wrote  .chant/.gitignore
      wrote  .chant/specs
      wrote  .git/info/exclude
    chant is set up in HERE.
    hint: Add a first spec: chant add "What is to be done" --criterion "How to tell that it is"
    "
  `);
  expect(await repo.status()).toBe("?? .chant/");
  expect(await repo.read(".chant/.gitignore")).toBe(".locks/\n.store/\nlogs/\nwatch.pid\n.tmp-*\n");
  expect(await repo.read(".git/info/exclude")).toMatch(/^\.chant-status\.json$/m);

  await repo.write({ ".chant/config.md": "---\nparallel: { max: 2 }\n---\nmine\n" });
  const again = await chant(repo, ["init", "--max", "9"]);
  expect(again).toMatchObject({ status: 0, stdout: "" });
  expect(again.stderr).toContain("nothing was changed");
  expect(await repo.read(".chant/config.md")).toContain("mine");
});

test("the configuration that init writes works as it is", async () => {
  await using repo = await tempRepo();
  const report: unknown = JSON.parse(
    await chantOk(repo, ["init", "--json", "--agent", "./agent.sh 'a b'", "--max", "7"]),
  );
  expect(report).toMatchObject({ version: 1, data: { home: repo.path, kept: [] } });
  expect(await repo.read(".chant/config.md")).toContain('command: ["./agent.sh","a b"]');
  expect(await repo.read(".chant/config.md")).toContain("max: 7");
  await chantOk(repo, ["add", "Use the agent", "--agent", "mine"]);
  const { status, stderr } = await chant(repo, ["add", "Use another", "--agent", "other"]);
  expect(status).toBe(1);
  expect(stderr).toContain("other");
});

test("an agent whose program is not there is told of at once", async () => {
  await using repo = await tempRepo();
  const { status, stderr } = await chant(repo, ["init", "--agent", "no-such-agent --fast", "--no-notes"]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^note: mine: no-such-agent was not found\..* chant agents$/m);
  const again = await chant(repo, ["init", "--agent", "no-such-agent"]);
  expect(again.stderr).not.toContain("not found");
});

test("an agent that chant knows by name is that agent, not a program of the name", async () => {
  await using repo = await tempRepo();
  await chantOk(repo, ["init", "--agent", "claude", "--model", "sonnet"]);
  const config = await repo.read(".chant/config.md");
  expect(config).toContain("defaults: { agent: claude }");
  expect(config).toContain('claude: { provider: claude, model: "sonnet" }');
  expect(await repo.read("CLAUDE.md")).toContain("chant:begin");
});

test("init describes an agent of a kind that it knows; what is described already stays", async () => {
  await using repo = await tempRepo();
  await chantOk(repo, ["init", "--provider", "ollama", "--model", "small-1", "--no-notes"]);
  const { agents } = await chantJson<{ agents: readonly object[] }>(repo, ["agents"], {
    env: { PATH: "/bin" },
  });
  expect(agents[0]).toMatchObject({
    name: "ollama",
    provider: "opencode",
    isDefault: true,
    model: "small-1",
    login: { kind: "not_needed" },
  });
  const again = await chant(repo, ["init", "--provider", "codex", "--defaults"]);
  expect(again.stderr).toContain("codex: { provider: codex }");
  expect(await repo.read(".chant/config.md")).not.toContain("codex");
  const wrong = await chant(repo, ["init", "--provider", "acp"]);
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("--agent")]);
});

test("outside of a repository init says what to do", async () => {
  await using repo = await tempRepo();
  const { status, stdout, stderr } = await chant(repo, ["init"], { cwd: repo.root });
  expect({ status, stdout, stderr: stderr.replace(repo.root, "HERE") }).toMatchInlineSnapshot(`
    {
      "status": 1,
      "stderr": "HERE is not inside a git repository.
    hint: Change to your project, or make it a repository with: git init
    ",
      "stdout": "",
    }
  `);
});

test("in a linked worktree of the user's, chant is set up there", async () => {
  await using repo = await tempRepo();
  const linked = join(repo.root, "linked");
  await repo.git("worktree", "add", "--quiet", linked, "-b", "other");
  await chantOk(repo, ["init"], { cwd: linked });
  expect(await readFile(join(linked, ".chant", "config.md"), "utf8")).toContain("agents:");
  expect(repo.has(".chant")).toBe(false);
  expect(await repo.gitIn(linked, "status", "--porcelain")).toBe("?? .chant/");
});

test("a .chant that cannot be written to is told in words", async () => {
  await using repo = await tempRepo({ "README.md": "", ".chant": "a file\n" });
  const { status, stderr } = await chant(repo, ["init"]);
  expect(status).toBe(1);
  expect(stderr).not.toContain("internal error");
});
