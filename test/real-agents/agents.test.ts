import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chant, chantOk, startChant } from "../kit/chant.ts";
import { eventually } from "../kit/eventually.ts";
import { modelServer } from "../kit/model-server.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { expectNoTraces, statusOn } from "../kit/traces.ts";
import { type Answer, TOKENS } from "../kit/wire/wire.ts";
import { install, REAL_AGENTS, type RealAgent } from "./programs.ts";
import { A, LIMIT_MS, project } from "./project.ts";
import { recording } from "./record.ts";
import { writeTable } from "./table.ts";

const DONE: Answer = { kind: "text", text: "It says hello." };

const results = new Map<string, Map<string, "yes" | "no" | "does not apply">>();

beforeAll(async () => {
  for (const agent of REAL_AGENTS) await install(agent);
}, 1_800_000);

afterAll(async () => {
  if (results.size > 0) await writeTable(REAL_AGENTS, results);
});

/** Tries something with an agent, and notes for the table whether it held. */
function tries(what: string, agent: RealAgent, attempt: (() => Promise<void>) | undefined): void {
  const by = results.get(what) ?? new Map<string, "yes" | "no" | "does not apply">();
  results.set(what, by);
  if (attempt === undefined) {
    by.set(agent.name, "does not apply");
    return;
  }
  test(
    what,
    async () => {
      by.set(agent.name, "no");
      await attempt();
      by.set(agent.name, "yes");
    },
    LIMIT_MS,
  );
}

const logOf = (repo: TempRepo): Promise<string> => repo.read(`.chant/logs/${A}.log`);

const specOf = (repo: TempRepo): Promise<string> => repo.read(`.chant/specs/${A}.md`);

describe.each(REAL_AGENTS.map((agent) => [agent.name, agent] as const))("%s", (_name, agent) => {
  const work = agent.shell(
    [
      "echo hello >hello.txt",
      "chant tick --all",
      ...(agent.commits ? ['git add -A && git commit -qm "Say hello"'] : []),
    ].join(" && "),
  );

  tries("a whole spec: tool, files, criterion, commit; it lands with its usage", agent, async () => {
    await using model = await modelServer(agent.shell("echo first"), work, DONE);
    await using repo = await project(agent, model);
    await using _recording = recording(repo, agent, A, "whole");
    await chantOk(repo, ["work", A], { limitMs: LIMIT_MS });
    expect(await repo.read("hello.txt")).toBe("hello\n");
    expect(await statusOn(repo, A)).toBe("completed");
    if (agent.tellsUsage) {
      expect(await specOf(repo)).toContain(
        `input_tokens: ${3 * TOKENS.input}\n  output_tokens: ${3 * TOKENS.output}`,
      );
    }
    expect(JSON.stringify(model.requests[0]?.messages)).toContain("Say hello");
    const log = await logOf(repo);
    expect(log).toMatch(/-- started.*session/);
    expect(log).toMatch(/> .*chant tick --all/);
    expect(log).toContain("It says hello.");
    expect(log).toContain("-- ended well");
    await expectNoTraces(repo);
  });

  tries("a criterion left open: the same session goes on, told only what is missing", agent, async () => {
    await using model = await modelServer(DONE, work, DONE);
    await using repo = await project(agent, model);
    await using _recording = recording(repo, agent, A, "resumed");
    expect((await chant(repo, ["work", A], { limitMs: LIMIT_MS })).status).toBe(1);
    expect(await specOf(repo)).toContain("is not ticked");
    await chantOk(repo, ["resume", A, "--work"], { limitMs: LIMIT_MS });
    expect(await statusOn(repo, A)).toBe("completed");
    const asked = JSON.stringify(model.requests.at(-1)?.messages);
    expect(asked).toContain("Go on with the spec");
    const titles = /# Say hello/g;
    const told = JSON.stringify(model.requests[0]?.messages).match(titles)?.length;
    expect(asked.match(titles)).toHaveLength(told ?? 0);
    // Whether its counter goes on or begins anew: three answers, each counted once.
    if (agent.tellsUsage) expect(await specOf(repo)).toContain(`input_tokens: ${3 * TOKENS.input}\n`);
    await expectNoTraces(repo);
  });

  tries("a rate limit that passes: it is tried again, and lands", agent, async () => {
    await using model = await modelServer({ kind: "error", status: 429 }, work, DONE);
    await using repo = await project(agent, model, { config: RETRY });
    await using _recording = recording(repo, agent, A, "status-429");
    await chantOk(repo, ["work", A], { limitMs: LIMIT_MS });
    expect(await statusOn(repo, A)).toBe("completed");
    await expectNoTraces(repo);
  });

  const { limit } = agent;
  tries(
    "a rate limit that names its end: the run waits for it",
    agent,
    limit &&
      (async () => {
        const resetsAtMs = (Math.floor(Date.now() / 60_000) + 60) * 60_000;
        await using model = await modelServer(limit(resetsAtMs));
        await using repo = await project(agent, model, { env: agent.limitEnv });
        await using _recording = recording(repo, agent, A, "limit");
        const running = startChant(repo, ["work", A]);
        const path = `.git/chant/runs/${A}.json`;
        const retry = await eventually(
          "the retry is written down",
          [join(repo.path, ".git/chant/runs")],
          async () =>
            repo.has(path)
              ? (JSON.parse(await repo.read(path)) as { retry?: { resetsAtMs?: number } }).retry
              : undefined,
          LIMIT_MS,
        );
        // Some say it to the minute, some as a wait from when they were asked.
        expect(Math.abs((retry.resetsAtMs ?? 0) - resetsAtMs)).toBeLessThan(90_000);
        expect(model.requests).toHaveLength(1);
        running.kill("SIGKILL");
        await running.ended;
      }),
  );

  const { quota } = agent;
  tries(
    "an account that is used up: failed, not tried again",
    agent,
    quota &&
      (async () => {
        await using model = await modelServer(quota);
        await using repo = await project(agent, model, { config: RETRY });
        await using _recording = recording(repo, agent, A, "quota");
        expect((await chant(repo, ["work", A], { limitMs: LIMIT_MS })).status).toBe(1);
        expect(await specOf(repo)).toMatch(/quota/i);
        expect(await logOf(repo)).not.toContain("attempt 2");
      }),
  );

  tries("a key that is not accepted: failed, with what to do about it", agent, async () => {
    await using model = await modelServer({ kind: "error", status: 401 });
    await using repo = await project(agent, model, { config: RETRY });
    await using _recording = recording(repo, agent, A, "status-401");
    expect((await chant(repo, ["work", A], { limitMs: LIMIT_MS })).status).toBe(1);
    expect(await specOf(repo)).toMatch(/log in/);
    expect(await logOf(repo)).not.toContain("attempt 2");
  });

  tries("an error of the server: tried again, and lands", agent, async () => {
    await using model = await modelServer({ kind: "error", status: 500 }, work, DONE);
    await using repo = await project(agent, model, { config: RETRY });
    await using _recording = recording(repo, agent, A, "status-500");
    await chantOk(repo, ["work", A], { limitMs: LIMIT_MS });
    expect(await statusOn(repo, A)).toBe("completed");
  });

  tries("a model that never answers: ended by agent.stall_minutes, no process left", agent, async () => {
    await using model = await modelServer({ kind: "hang" });
    await using repo = await project(agent, model, { config: "agent: { stall_minutes: 0.6 }\n" });
    await using _recording = recording(repo, agent, A, "hang");
    expect((await chant(repo, ["work", A], { limitMs: LIMIT_MS })).status).toBe(1);
    expect(model.requests.length).toBeGreaterThan(0);
    expect(await specOf(repo)).toContain("no sign of life");
    await repo.quiet();
  });

  tries("kill -9 of the program: its session goes on", agent, async () => {
    await using model = await modelServer(agent.shell("echo first"), { kind: "hang" }, work, DONE);
    await using repo = await project(agent, model);
    await using _recording = recording(repo, agent, A, "killed");
    const running = startChant(repo, ["work", A]);
    await eventually("it waits for the model", [], () => model.requests.length === 2, LIMIT_MS);
    for (const { pid, command } of repo.processes()) {
      const isProgram =
        command.includes(`/${agent.program}-${agent.version}/`) && !command.startsWith("/bin/sh");
      if (isProgram) process.kill(pid, "SIGKILL");
    }
    expect((await running.ended).status).toBe(0);
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain("Go on with the spec");
    await expectNoTraces(repo);
  });
});

const RETRY = "watch: { failure: { max_retries: 2, retry_delay_ms: 10 } }\n";
