import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../kit/chant.ts";
import { eventually } from "../kit/eventually.ts";
import { modelServer } from "../kit/model-server.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const D = "2026-01-01-001-ddd";

/** Keeps what it was asked, does what it should not, and says what the test has written down for it. */
const AGENT = `#!/bin/sh
root=$(dirname "$0")/..
n=$(($(ls "$root/calls" | wc -l) + 1))
cat >"$root/calls/$n"
ls >"$root/seen"
echo left >left-behind
rm -f README.md
echo "looking {around}"
[ ! -e "$root/answers/wait" ] || sleep 600 </dev/null >/dev/null 2>&1
cat "$root/answers/$n"
`;

const member = (title: string, more: object = {}): object => ({
  title,
  description: `Do ${title}.`,
  criteria: [`${title} is done`],
  ...more,
});

const fenced = (members: readonly object[]): string =>
  `Here it is:\n\`\`\`json\n${JSON.stringify({ members })}\n\`\`\`\n`;

async function project(...answers: readonly string[]): Promise<TempRepo> {
  const repo = await tempProject({
    agent: '{ provider: command, command: ["sh", "-c", \'exec sh "$CHANT_TEST_HOME/agent.sh"\'] }',
    files: { "agent.sh": AGENT, "README.md": "# A project\n" },
    specs: { [D]: { title: "Too large", body: "All of it." } },
  });
  await mkdir(join(repo.root, "calls"));
  await mkdir(join(repo.root, "answers"));
  for (const [at, answer] of answers.entries()) {
    await writeFile(join(repo.root, "answers", `${at + 1}`), answer);
  }
  return repo;
}

const envOf = (repo: TempRepo): NodeJS.ProcessEnv => ({ CHANT_TEST_HOME: repo.path });
const membersOf = async (repo: TempRepo): Promise<readonly string[]> =>
  (await readdir(join(repo.path, ".chant", "specs"))).filter((name) => name !== `${D}.md`).toSorted();
const fileOf = (n: string): string => `${D}.${n}.md`;

/** Neither the copy nor a half-written thing is left, in home or beside it. */
async function expectNothingLeft(repo: TempRepo): Promise<void> {
  await repo.quiet();
  expect(await readdir(repo.worktrees)).toEqual([]);
  const own = join(repo.path, ".git", "chant");
  for (const folder of ["asking", "splits"]) {
    expect(await readdir(join(own, folder)).catch(() => [])).toEqual([]);
  }
  expect(repo.has("README.md")).toBe(true);
  expect(repo.has("left-behind")).toBe(false);
}

test("a proposal that does not hold is given back once; the second is shown, and written by --yes", async () => {
  const good = fenced([
    member("Schema", { target_files: ["db/schema.sql"] }),
    member("Form", { depends_on: [1] }),
  ]);
  await using repo = await project(
    fenced([member("Schema"), member("Form", { depends_on: [7] })]),
    good,
    good,
  );
  const env = envOf(repo);
  const before = await repo.read(`.chant/specs/${D}.md`);

  const off = await chant(repo, ["split", "ddd"], { env });
  expect(off).toMatchObject({ status: 2, stdout: "" });
  expect(off.stderr).toContain("--yes");
  expect(await readdir(join(repo.root, "calls"))).toEqual([]);

  const shown = await chant(repo, ["split", "ddd", "--dry-run"], { env });
  expect(shown.status).toBe(0);
  expect(shown.stdout).toBe(`${D}  Too large: 2 members proposed by test

${D}.1  Schema
  - Schema is done
  in db/schema.sql

${D}.2  Form
  - Form is done
  after ${D}.1
`);
  const wrong = "members[1].depends_on: there is no member 7, only 2";
  expect(shown.stderr).toContain(`The proposal does not hold: ${wrong}.\n`);
  const [first, second] = await Promise.all(
    ["1", "2"].map((n) => readFile(join(repo.root, "calls", n), "utf8")),
  );
  expect(first).toContain("All of it.");
  expect(first).not.toContain(wrong);
  expect(second).toContain(wrong);
  expect(await readFile(join(repo.root, "seen"), "utf8")).toBe("README.md\nagent.sh\n");
  expect(await membersOf(repo)).toEqual([]);
  await expectNothingLeft(repo);

  const written = await chantJson<{ isWritten: boolean; commit: string }>(
    repo,
    ["split", "ddd", "--yes", "--commit"],
    {
      env,
    },
  );
  expect(written).toMatchObject({ isWritten: true, commit: await repo.git("rev-parse", "HEAD") });
  expect(await membersOf(repo)).toEqual([fileOf("1"), fileOf("2")]);
  expect(await repo.read(`.chant/specs/${D}.md`)).toBe(before);
  expect(await repo.status()).toBe("");
  expect(await repo.read(`.chant/specs/${fileOf("2")}`)).toMatchInlineSnapshot(`
    "---
    type: code
    status: pending
    depends_on:
    - 2026-01-01-001-ddd.1
    ---

    # Form

    Do Form.

    ## Acceptance Criteria

    - [ ] Form is done
    "
  `);
  expect(await repo.read(`.chant/logs/${D}.split.log`)).toContain("looking {around}");
  await expectNothingLeft(repo);

  const again = await chant(repo, ["split", "ddd", "--yes"], { env });
  expect(again.status).toBe(1);
  expect(again.stderr).toMatch(/has members already[^]*hint: .*chant group/);
});

test("what cannot be split, or not by that agent, is refused; a second bad proposal leaves nothing", async () => {
  await using repo = await project("no json at all", fenced([]));
  const env = envOf(repo);
  const bad = await chant(repo, ["split", D, "--yes"], { env });
  expect(bad).toMatchObject({ status: 1, stdout: "" });
  expect(bad.stderr).toContain("The proposal does not hold: there is no JSON object in it.");
  expect(bad.stderr).toContain("members: it needs 1 item or more");
  const refusals: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[D, "--yes", "--agent", "script"], 1, /provider script.*cannot answer[^]*--agent test/],
    [[D, "--yes", "--agent", "nobody"], 1, /no agent "nobody"/],
    [["zzz", "--yes"], 1, /No spec matches "zzz"/],
    [[D, "--dry-run", "--yes"], 2, /does not go with/],
    [[D, "--yes", "--max-depth", "3"], 2, /goes with --recursive/],
  ];
  for (const [args, status, words] of refusals) {
    const refused = await chant(repo, ["split", ...args], { env });
    expect({ args, status: refused.status, stdout: refused.stdout }).toEqual({ args, status, stdout: "" });
    expect(refused.stderr).toMatch(words);
  }
  await repo.write({ "agent.sh": "exit 3\n" });
  const failed = await chant(repo, ["split", D, "--yes"], { env });
  expect(failed.stderr).toContain("There is no proposal: the agent exited with code 3.");
  expect(await membersOf(repo)).toEqual([]);
  await expectNothingLeft(repo);
});

test("--recursive splits what the agent calls too large, down to the depth, and all of it can be worked", async () => {
  const large = (title: string): object => member(title, { split: true });
  await using repo = await project(
    fenced([large("A"), member("B", { depends_on: [1] })]),
    fenced([large("AA"), member("AB")]),
    fenced([large("AAA")]),
  );
  const env = envOf(repo);
  await chantOk(repo, ["split", D, "--recursive", "--max-depth", "3", "--yes"], { env });
  expect(await membersOf(repo)).toEqual(["1.1.1", "1.1", "1.2", "1", "2"].map(fileOf).toSorted());
  expect(await readFile(join(repo.root, "calls", "3"), "utf8")).toMatch(
    /It is part of\n\n### Too large[^]*### A\n[^]*## The spec\n\n### AA\n/,
  );
  expect(await repo.read(`.chant/specs/${fileOf("2")}`)).toContain(`depends_on:\n- ${D}.1\n`);
  expect((await chantOk(repo, ["group", D])).split("\n")).toHaveLength(7);
});

test("a kill while members are written leaves none, or the next command finishes them", async () => {
  const answer = fenced([member("A"), member("B"), member("C")]);
  const kills = [
    ["split.intent:before", 0],
    ["split.intent:after", 3],
    ["spec.add:after", 3],
    ["split.done:before", 3],
  ] as const;
  for (const [at, expected] of kills) {
    await using repo = await project(answer);
    const killed = await chant(repo, ["split", D, "--yes"], { env: { ...envOf(repo), CHANT_FAIL: at } });
    expect(killed.signal ?? killed.status).toBe("SIGKILL");
    const added = await chantJson<{ id: string }>(repo, ["add", "One more", "--group", D]);
    expect({ at, id: added.id }).toEqual({ at, id: `${D}.${expected + 1}` });
    expect((await membersOf(repo)).length).toBe(expected + 1);
    await expectNothingLeft(repo);
  }
});

test("Ctrl-C ends the agent and leaves nothing; what a kill leaves is cleared away by the next call", async () => {
  await using repo = await project("", fenced([member("A")]));
  const env = envOf(repo);
  await writeFile(join(repo.root, "answers", "wait"), "");
  const asked = (n: number): Promise<unknown> =>
    eventually("the agent is asked", [], () => repo.has(`../calls/${n}`) && repo.has("../seen"));
  const stopped = startChant(repo, ["split", D, "--yes"], { env });
  await asked(1);
  stopped.kill("SIGINT");
  expect(await stopped.ended).toMatchObject({ status: 130, stdout: "" });
  await expectNothingLeft(repo);

  const killed = startChant(repo, ["split", D, "--yes"], { env });
  await asked(2);
  expect((await chant(repo, ["split", D, "--yes"], { env })).status).toBe(75);
  killed.kill("SIGKILL");
  await killed.ended;
  await writeFile(join(repo.root, "answers", "3"), fenced([member("A")]));
  await rm(join(repo.root, "answers", "wait"));
  await chantOk(repo, ["split", D, "--yes"], { env });
  expect(await membersOf(repo)).toEqual([fileOf("1")]);
  await expectNothingLeft(repo);
});

test("Claude Code is asked by its schema, and its structured output is the answer", async () => {
  const answer = JSON.stringify({ members: [member("Schema"), member("Form", { depends_on: [1] })] });
  await using model = await modelServer({ kind: "text", text: answer });
  const standIn = join(import.meta.dirname, "..", "kit", "fake-claude.mjs");
  const agent = {
    provider: "claude",
    command: [process.execPath, standIn],
    env: { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: "sk-test", IS_SANDBOX: "1" },
  };
  await using repo = await tempProject({
    agent: JSON.stringify(agent),
    specs: { [D]: { title: "Too large" } },
  });
  const env = { CLAUDE_CONFIG_DIR: join(repo.root, "sessions") };
  await chantOk(repo, ["split", D, "--yes", "--model", "claude-big-1"], { env });
  expect(await membersOf(repo)).toEqual([fileOf("1"), fileOf("2")]);
  expect(model.requests.map(({ model: asked }) => asked)).toEqual(["claude-big-1"]);
  await expectNothingLeft(repo);
});
