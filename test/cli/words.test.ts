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

test("init leaves a configuration that is there, and says what to put into it for the agent that was asked for", async () => {
  await using repo = await tempProject();
  const noteOf = async (agent: string): Promise<string | undefined> =>
    (await chantInProcess(repo, ["init", "--agent", agent])).stderr
      .split("\n")
      .find((line) => line.startsWith("note:"));
  expect(await noteOf("claude")).toBe(
    'note: .chant/config.md stays as it is. To have that agent, put there under "agents": claude: { provider: claude }; and as the default: defaults: { agent: claude }',
  );
  expect(await noteOf("./own.sh --fast")).toContain(
    'mine: { provider: command, command: ["./own.sh","--fast"] }; and as the default: defaults: { agent: mine }',
  );
});

test("worktrees that cannot be made are told of before anything starts", async () => {
  await using repo = await tempProject({ specs: { [A]: { script: "true" } } });
  await repo.write({ "a-file": "in the way\n" });
  const config = await repo.read(".chant/config.md");
  const root = `${repo.path}/a-file`;
  await repo.write({
    ".chant/config.md": config.replace(JSON.stringify(repo.worktrees), JSON.stringify(root)),
  });
  const tip = await repo.git("rev-parse", "HEAD");
  const { status, stderr } = await chantInProcess(repo, ["work", "--no-watch"]);
  expect(status).toBe(1);
  expect(stderr).toContain(`Worktrees cannot be made in ${root}: `);
  expect(stderr).toContain("hint: See who says that they go there: chant config show worktree.root.");
  expect(await repo.git("rev-parse", "HEAD")).toBe(tip);
});
