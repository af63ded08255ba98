import { expect, test } from "vitest";
import { chant, chantOk } from "../kit/chant.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const COMMANDS =
  "init add list show approve reject work why log tick watch status dashboard start finalize merge resume reset cancel".split(
    " ",
  );

test("every command's help has an example, and needs no repository", async () => {
  await using repo = await tempRepo();
  const root = await chant(repo, [], { cwd: repo.root });
  expect(root).toMatchObject({ status: 0, stderr: "" });
  expect(await chantOk(repo, ["--help"])).toBe(root.stdout);
  expect(await chantOk(repo, ["help"])).toBe(root.stdout);
  for (const command of COMMANDS) {
    expect(root.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    const help = await chant(repo, [command, "--help"], { cwd: repo.root });
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(new RegExp(`^EXAMPLES\\n(?:  .*\\n)*  .*chant ${command}`, "m"));
    expect(await chantOk(repo, ["help", command])).toBe(help.stdout);
  }
  expect(root.stdout).not.toContain("__runner");
});

test("a mistyped command or flag is misuse, with a suggestion", async () => {
  await using repo = await tempRepo();
  expect(await chant(repo, ["lst"])).toMatchObject({
    status: 2,
    stdout: "",
    stderr: 'There is no command "lst".\nhint: Did you mean: list?\n',
  });
  expect(await chant(repo, ["zzzzzz"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("chant --help") as string,
  });
  const flag = await chant(repo, ["work", "--parralel"]);
  expect(flag).toMatchObject({ status: 2, stdout: "" });
  expect(flag.stderr).toContain("did you mean --parallel?");
  expect(flag.stderr).toContain("hint: See what it takes: chant work --help");
  for (const args of [
    ["work", "--max", "0"],
    ["work", "--parallel=many"],
    ["work", "--max"],
    ["list", "extra"],
    ["work", "-x"],
  ]) {
    expect(await chant(repo, args)).toMatchObject({ status: 2, stdout: "" });
  }
});

test("colour follows NO_COLOR and FORCE_COLOR", async () => {
  await using repo = await tempRepo();
  const isColored = async (env: NodeJS.ProcessEnv): Promise<boolean> =>
    (await chant(repo, ["lst"], { env })).stderr.includes("\u001b[");
  expect(await isColored({})).toBe(false);
  expect(await isColored({ FORCE_COLOR: "1" })).toBe(true);
  expect(await isColored({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
});

test("a fault of chant's own is written down, and ends with 70", async () => {
  await using repo = await tempRepo({ "README.md": "", ".chant/config.md": "" });
  const failed = await chant(repo, ["__runner", repo.root, "1"]);
  expect(failed).toMatchObject({ status: 70, stdout: "" });
  expect(failed.stderr).toContain(
    `internal error\nhint: The details are in ${repo.path}/.chant/logs/error.log\n`,
  );
  expect(await repo.read(".chant/logs/error.log")).toContain("launch-1.json is missing");
  const outside = await chant(repo, ["__runner", repo.root, "1"], {
    cwd: repo.root,
    env: { CHANT_DEBUG: "1" },
  });
  expect(outside.status).toBe(70);
  expect(outside.stderr).toContain("launch-1.json is missing");
});
