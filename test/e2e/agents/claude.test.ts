import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { modelServer, type ModelServer } from "../../kit/model-server.ts";
import { type ProjectOptions, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";
import { limitHeaders } from "../../kit/wire/anthropic.ts";
import { type Answer, TOKENS } from "../../kit/wire/wire.ts";

const A = "2026-01-01-001-abc";

const STAND_IN = join(import.meta.dirname, "..", "..", "kit", "fake-claude.mjs");

const bash = (command: string): Answer => ({ kind: "tool", name: "Bash", input: { command } });

const WORK = bash('echo hello >hello.txt && chant tick --all && git add -A && git commit -q -m "Say hello"');
const DONE: Answer = { kind: "text", text: "It says hello." };

interface Setup extends ProjectOptions {
  readonly mode?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A project whose agent is the stand-in for Claude Code, which asks the model of the test. */
async function project(model: ModelServer, { mode, env, ...options }: Setup = {}): Promise<TempRepo> {
  const variables = {
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: "sk-test",
    CLAUDE_CODE_MAX_RETRIES: "1",
    IS_SANDBOX: "1",
    ...env,
  };
  const agent = {
    provider: "claude",
    command: [process.execPath, STAND_IN],
    ...(mode === undefined ? {} : { permission_mode: mode }),
    env: variables,
  };
  const repo = await tempProject({
    agent: JSON.stringify(agent),
    specs: { [A]: { title: "Say hello" } },
    ...options,
  });
  return repo;
}

/** Sessions of the stand-in are kept beside the repository, not in it. */
const sessionsOf = (repo: TempRepo): NodeJS.ProcessEnv => ({
  CLAUDE_CONFIG_DIR: join(repo.root, "sessions"),
});

const logOf = (repo: TempRepo): Promise<string> => repo.read(`.chant/logs/${A}.log`);

test("a spec is worked on and lands; model and usage are in it, and the log can be read", async () => {
  await using model = await modelServer(
    { kind: "tool", name: "Write", input: { file_path: "notes.txt", content: "\u001B[31mred\n" } },
    WORK,
    DONE,
  );
  await using repo = await project(model, {
    specs: { [A]: { title: "Say hello", front: "model: claude-big-1\n" } },
  });
  await chantOk(repo, ["work", A], { env: sessionsOf(repo) });
  expect(await repo.read("hello.txt")).toBe("hello\n");
  const spec = await repo.read(`.chant/specs/${A}.md`);
  expect(spec).toContain("status: completed");
  expect(spec).toContain("model: claude-big-1");
  const tokens = `input_tokens: ${3 * TOKENS.input}\n  output_tokens: ${3 * TOKENS.output}`;
  expect(spec).toContain(`usage:\n  ${tokens}\n  cost_usd: 0.003\n`);
  expect(model.requests.map(({ model: asked }) => asked)).toEqual(Array(3).fill("claude-big-1"));
  expect(JSON.stringify(model.requests[0]?.messages)).toContain("Say hello");
  const log = (await logOf(repo)).replaceAll(/^[-0-9T:.]{23}Z /gm, "").replace(/run \w+/, "run R");
  expect(log.replace(/session [-0-9a-f]{36}/, "session S")).toBe(
    `# attempt 1, launch 1, run R, raw output from byte 0, agent test
| -- started with claude-big-1, session S
| > Write: notes.txt
| * changed notes.txt
| > Bash: ${WORK.kind === "tool" ? (WORK.input as { command: string }).command : ""}
| It says hello.
| -- tokens: 300 in, 60 cached, 21 out; cost $0.0030
| -- ended well
= completed → finalizing
= finalized → merging branch chant/${A}
= merged to main ✓
`,
  );
  const raw = (await repo.read(`.chant/logs/${A}.raw`)).trimEnd().split("\n");
  expect(raw.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(
    "system assistant user assistant user assistant result".split(" "),
  );
  await expectNoTraces(repo);
});

test("a tool that was denied fails the spec and is named, though the program exits with 0", async () => {
  await using model = await modelServer(WORK, DONE);
  await using repo = await project(model, { mode: "acceptEdits" });
  expect((await chant(repo, ["work", A], { env: sessionsOf(repo) })).status).toBe(1);
  expect(await statusOn(repo, A)).toBe("failed");
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("not allowed to use Bash");
  expect(model.requests).toHaveLength(2);
});

test("a key that is not accepted fails the spec at once, in the program's words", async () => {
  await using model = await modelServer({ kind: "error", status: 401 });
  await using repo = await project(model);
  expect((await chant(repo, ["work", A], { env: sessionsOf(repo) })).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("authentication_error (401)");
  expect(await logOf(repo)).toContain("asks its model again after status 401");
});

test("a program that cannot start is failed with what it printed", async () => {
  await using model = await modelServer(DONE);
  await using repo = await project(model, { env: { CLAUDE_CONFIG_DIR: "/dev/null/nowhere" } });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/ended without a result \(exit code 1\): .+/);
});

test("an error that passes is tried again in the same session, told only what is missing", async () => {
  await using model = await modelServer(
    bash("echo hello >hello.txt"),
    { kind: "error", status: 500 },
    { kind: "error", status: 500 },
    WORK,
    DONE,
  );
  const failure = "watch: { failure: { max_retries: 2, retry_delay_ms: 10 } }\n";
  await using repo = await project(model, { config: failure });
  await chantOk(repo, ["work", A], { env: sessionsOf(repo) });
  expect(await statusOn(repo, A)).toBe("completed");
  const last = model.requests.at(-1)?.messages ?? [];
  const users = last.filter((message) => typeof (message as { content: unknown }).content === "string");
  expect(users).toHaveLength(2);
  expect(JSON.stringify(users[1])).toMatch(/Go on with the spec.*api_error \(500\).*1\. It works/);
  // The counter goes on over the resume: three answers in all, none of them counted twice.
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain(`input_tokens: ${3 * TOKENS.input}\n`);
  await expectNoTraces(repo);
});

test("the limit of an account holds the run back until it resets", async () => {
  const resetsAtMs = (Math.floor(Date.now() / 1000) + 3_600) * 1000;
  await using model = await modelServer({ kind: "error", status: 429, headers: limitHeaders(resetsAtMs) });
  await using repo = await project(model, { env: { CLAUDE_CODE_OAUTH_TOKEN: "token" } });
  const running = startChant(repo, ["work", A], { env: sessionsOf(repo) });
  const record = `.git/chant/runs/${A}.json`;
  const retry = await eventually(
    "the retry is written down",
    [join(repo.path, ".git/chant/runs")],
    async () =>
      repo.has(record)
        ? (JSON.parse(await repo.read(record)) as { retry?: { resetsAtMs?: number; reason: string } }).retry
        : undefined,
  );
  expect(retry.resetsAtMs).toBe(resetsAtMs);
  expect(retry.reason).toContain("rate_limit_error (429): You've hit your 5-hour limit");
  expect(model.requests).toHaveLength(1);
  running.kill("SIGKILL");
  await running.ended;
});

test("a model that never answers is ended by the stall limit, and leaves no process", async () => {
  await using model = await modelServer({ kind: "hang" });
  await using repo = await project(model, { config: "agent: { stall_minutes: 0.015 }\n" });
  expect((await chant(repo, ["work", A], { env: sessionsOf(repo) })).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("no sign of life");
  expect(await logOf(repo)).toContain("= stopped after 0.015 minutes without output");
  await repo.quiet();
});

const agentOf = (repo: TempRepo): number | undefined =>
  repo.processes().find(({ command }) => command.startsWith(`${process.execPath} ${STAND_IN}`))?.pid;

test("kill -9 of the agent: its session goes on, and what it used before is counted", async () => {
  await using model = await modelServer(bash("echo hello >hello.txt"), { kind: "hang" }, WORK, DONE);
  await using repo = await project(model);
  const running = startChant(repo, ["work", A], { env: sessionsOf(repo) });
  await eventually("it waits for the model", [], () => model.requests.length === 2);
  process.kill(agentOf(repo) ?? 0, "SIGKILL");
  expect((await running.ended).status).toBe(0);
  expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain("Go on with the spec");
  const spec = await repo.read(`.chant/specs/${A}.md`);
  expect(spec).toContain(`input_tokens: ${3 * TOKENS.input}\n`);
  // What the killed one cost nobody knows.
  expect(spec).not.toContain("cost_usd");
  await expectNoTraces(repo);
});

test("paused, its runner dead: resume goes on in the session that it had, in the same attempt", async () => {
  await using model = await modelServer(bash("echo hello >hello.txt"), { kind: "hang" }, WORK, DONE);
  await using repo = await project(model);
  const running = startChant(repo, ["work", A], { env: sessionsOf(repo) });
  await eventually("it waits for the model", [], () => model.requests.length === 2);
  const runners = repo.processes().filter(({ command }) => command.includes("__runner"));
  running.kill("SIGKILL");
  await running.ended;
  for (const { pid } of runners) process.kill(pid, "SIGKILL");
  await chantOk(repo, ["pause", A]);
  expect(agentOf(repo)).toBeUndefined();
  await chantOk(repo, ["resume", A, "--work"], { env: sessionsOf(repo) });
  const asked = JSON.stringify(model.requests.at(-1)?.messages);
  expect(asked).toContain("Go on with the spec");
  expect(asked).toContain("a person paused it");
  expect(await logOf(repo)).not.toContain("attempt 2");
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain(`input_tokens: ${3 * TOKENS.input}\n`);
  await expectNoTraces(repo);
});

test("work and runner are killed: whoever takes over knows what the agent has said before", async () => {
  const later = Promise.withResolvers<Answer>();
  await using model = await modelServer(WORK, later.promise);
  await using repo = await project(model);
  const running = startChant(repo, ["work", A], { env: sessionsOf(repo) });
  await eventually("it waits for the model", [], () => model.requests.length === 2);
  await eventually("its use of a tool is in the log", [join(repo.path, ".chant/logs")], async () =>
    (await logOf(repo)).includes("> Bash"),
  );
  running.kill("SIGKILL");
  await running.ended;
  const runners = repo.processes().filter(({ command }) => command.includes("__runner"));
  for (const { pid } of runners) process.kill(pid, "SIGKILL");
  const again = startChant(repo, ["work"], { env: sessionsOf(repo) });
  await eventually("a new runner follows it", [join(repo.path, ".chant/logs")], async () =>
    (await logOf(repo)).includes("launch 2"),
  );
  later.resolve(DONE);
  expect((await again.ended).status).toBe(0);
  // The model is named at the beginning of what it prints, which only the first runner has seen come.
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("model: claude-test-1");
  const log = await logOf(repo);
  expect(log.match(/> Bash/g)).toHaveLength(1);
  expect(log.match(/It says hello/g)).toHaveLength(1);
  expect((await repo.read(`.chant/logs/${A}.raw`)).match(/"type":"system"/g)).toHaveLength(1);
  await expectNoTraces(repo);
});

test("what a model says is no reason to try again", async () => {
  await using model = await modelServer({ kind: "text", text: "The timeout is 503 ms, said rate_limit." });
  await using repo = await project(model);
  expect((await chant(repo, ["work", A], { env: sessionsOf(repo) })).status).toBe(1);
  expect(model.requests).toHaveLength(1);
});
