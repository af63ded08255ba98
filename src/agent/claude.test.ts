import { expect, test } from "vitest";
import type { AgentConfig } from "../domain/config.ts";
import { SESSION, taskOf as agentTask } from "../../test/kit/agent-task.ts";
import { claudeProvider } from "./claude.ts";
import type { AgentTask } from "./provider.ts";

const taskOf = (agent: Partial<AgentConfig> = {}, more: Partial<AgentTask> = {}): AgentTask =>
  agentTask({ provider: "claude", ...agent }, more);

test("it starts with a session of its own and the prompt on standard input, and may do what it has to", () => {
  const { argv, readsPrompt, prompt } = claudeProvider.command(taskOf());
  expect(argv.join(" ")).toBe(
    `claude -p --output-format stream-json --verbose --session-id ${SESSION} --permission-mode bypassPermissions`,
  );
  expect({ readsPrompt, prompt }).toEqual({ readsPrompt: true, prompt: undefined });
});

test("program, model, permission mode and further flags come from the configuration", () => {
  const agent = {
    command: ["./tools/claude", "--debug"],
    permissionMode: "acceptEdits",
    flags: ["--max-turns", "40"],
  };
  const { argv } = claudeProvider.command(taskOf(agent, { model: "sonnet" }));
  expect(argv[0]).toBe("/home/user/project/tools/claude");
  expect(argv.slice(1, 3)).toEqual(["--debug", "-p"]);
  expect(argv.slice(-6)).toEqual([
    "--permission-mode",
    "acceptEdits",
    "--model",
    "sonnet",
    "--max-turns",
    "40",
  ]);
});

test("a session is resumed with a short prompt that says what is missing", () => {
  const resume = { session: "s-1", missing: "Criterion 2 is not ticked." };
  const { argv, prompt } = claudeProvider.command(taskOf({}, { resume }));
  expect(argv).toContain("--resume");
  expect(argv[argv.indexOf("--resume") + 1]).toBe("s-1");
  expect(argv).not.toContain("--session-id");
  expect(prompt).toContain("Criterion 2 is not ticked.");
});

test("without a session to resume it starts anew, with the whole prompt", () => {
  const { argv, prompt } = claudeProvider.command(taskOf({}, { resume: { missing: "all" } }));
  expect(argv).toContain("--session-id");
  expect(prompt).toBeUndefined();
});
