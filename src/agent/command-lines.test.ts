import { describe, expect, test } from "vitest";
import type { AgentConfig } from "../domain/config.ts";
import { jsonIn } from "../domain/json-text.ts";
import { SESSION, taskOf } from "../../test/kit/agent-task.ts";
import type { AgentCommand, AgentTask } from "./provider.ts";
import { allProviders, providerOf } from "./providers.ts";

const commandOf = (agent: Partial<AgentConfig>, more: Partial<AgentTask> = {}): AgentCommand => {
  const task = taskOf(agent, more);
  return providerOf(task.agent).command(task);
};
const lineOf = (agent: Partial<AgentConfig>, more: Partial<AgentTask> = {}): string =>
  commandOf(agent, more).argv.join(" ");

const RESUME = { resume: { session: "s-1", missing: "Criterion 2 is not ticked." } };
const LOST = { resume: { missing: "all" } };

describe.each([
  [
    "codex",
    'codex exec --json --skip-git-repo-check -c sandbox_mode="workspace-write" -c allow_login_shell=false -',
    'codex exec resume --json --skip-git-repo-check -c sandbox_mode="workspace-write" -c allow_login_shell=false s-1 -',
  ],
  [
    "gemini",
    `gemini -o stream-json --skip-trust --approval-mode yolo --session-id ${SESSION}`,
    "gemini -o stream-json --skip-trust --approval-mode yolo --resume s-1",
  ],
  ["opencode", "opencode run --format json --auto", "opencode run --format json --auto -s s-1"],
] as const)("%s", (provider, first, again) => {
  test("starts with the whole prompt on standard input, and may do what it has to", () => {
    expect(lineOf({ provider })).toBe(first);
    expect(commandOf({ provider })).toMatchObject({ readsPrompt: true, files: [] });
    expect(commandOf({ provider }).prompt).toBeUndefined();
  });

  test("goes on with its session, told only what is missing", () => {
    expect(lineOf({ provider }, RESUME)).toBe(again);
    expect(commandOf({ provider }, RESUME).prompt).toContain("Criterion 2 is not ticked.");
  });

  test("begins anew with the whole prompt where its session is gone", () => {
    expect(lineOf({ provider }, LOST)).toBe(first);
    expect(commandOf({ provider }, LOST).prompt).toBeUndefined();
  });

  test("program, model and flags come from the configuration", () => {
    const line = lineOf({ provider, command: ["./bin/it", "-v"], flags: ["--more"] }, { model: "m/1" });
    expect(line).toMatch(/^\/home\/user\/project\/bin\/it -v /);
    expect(line).toContain("-m m/1");
    expect(line).toContain("--more");
  });
});

test("those that are known from documentation alone", () => {
  const lines = (["cursor", "kiro", "copilot", "qwen"] as const).map((provider) => lineOf({ provider }));
  expect(lines).toEqual([
    "cursor-agent -p --output-format stream-json --force",
    "kiro-cli chat --no-interactive --trust-all-tools",
    "copilot --allow-all-tools --no-color",
    "qwen --output-format stream-json --approval-mode yolo",
  ]);
  expect(lineOf({ provider: "cursor" }, RESUME)).toContain("--resume s-1");
  expect(lineOf({ provider: "qwen" }, RESUME)).toContain("--resume s-1");
  // They name no session, so that there is none to go on with.
  expect(lineOf({ provider: "kiro" }, LOST)).toBe(lines[1]);
  for (const provider of ["cursor", "kiro", "copilot", "qwen"] as const) {
    expect(providerOf({ provider }).traits?.verifiedWith).toBeUndefined();
    expect(lineOf({ provider, flags: ["--x"] }, { model: "m" })).toMatch(/ (?:-m|--model) m --x$/);
  }
});

test("permission_mode is the sandbox of codex, and the approval mode of gemini", () => {
  expect(lineOf({ provider: "codex", permissionMode: "danger-full-access" })).toContain(
    'sandbox_mode="danger-full-access"',
  );
  expect(lineOf({ provider: "gemini", permissionMode: "auto_edit" })).toContain("--approval-mode auto_edit");
});

test.each([
  ["codex", 'sandbox_mode="read-only"', "workspace-write"],
  ["gemini", "--approval-mode default", "yolo"],
  ["qwen", "--approval-mode default", "yolo"],
  ["cursor", "-p --output-format stream-json", "--force"],
  ["kiro", "chat --no-interactive", "--trust-all-tools"],
  ["copilot", "--no-color", "--allow-all-tools"],
] as const)("%s is asked where nothing can be written", (provider, has, hasNot) => {
  const task = taskOf({ provider }, { model: "m" });
  const { asking } = providerOf(task.agent);
  const line = asking?.command({ ...task, schema: {} }).argv.join(" ");
  expect(line).toContain(has);
  expect(line).toMatch(/ (?:-m|--model) m\b/);
  expect(line).not.toContain(hasNot);
});

test("every agent but script and those of the protocol can be asked, and its words are the answer where it has no format for one", () => {
  const silent = allProviders().filter(({ asking }) => asking === undefined);
  expect(silent.map(({ name }) => name)).toEqual(["script", "acp"]);
  const words = 'Here it is: {"members": []}\n';
  for (const { name, asking } of allProviders()) {
    if (asking === undefined || name === "claude" || name === "codex") continue;
    expect(jsonIn(String(asking.answer(words)), () => true)).toEqual({ members: [] });
    expect(() => asking.answer("")).not.toThrow();
  }
});

test("opencode asks any endpoint of OpenAI's format; the key is named, never written", () => {
  const endpoint = { provider: "opencode", baseUrl: "http://localhost:11434/v1", keyEnv: "MY_KEY" } as const;
  const { argv, env } = commandOf(endpoint, { model: "qwen3-coder" });
  expect(argv.slice(-2)).toEqual(["-m", "chant/qwen3-coder"]);
  expect(JSON.parse(env?.["OPENCODE_CONFIG_CONTENT"] ?? "")).toMatchObject({
    provider: {
      chant: {
        options: { baseURL: "http://localhost:11434/v1", apiKey: "{env:MY_KEY}" },
        models: { "qwen3-coder": {} },
      },
    },
  });
  expect(() => commandOf(endpoint)).toThrow("needs the name of a model");
  expect(commandOf({ provider: "opencode" }).env).not.toHaveProperty("OPENCODE_CONFIG_CONTENT");
});
