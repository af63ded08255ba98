import { expect, test } from "vitest";
import { agentEntry, INIT_PROVIDERS, isReadBy, PROVIDER_NAMES } from "./agent-provider.ts";
import { parseConfig } from "./config.ts";

test("each agent that init describes can be read, without a complaint", () => {
  for (const name of INIT_PROVIDERS) {
    const command = name === "acp" ? ["gemini", "--acp"] : [];
    const text = `---\nagents:\n  ${agentEntry(name, command, undefined)}\n---\n`;
    const { config, problems } = parseConfig(text, "config.md");
    expect(problems, name).toEqual([]);
    const agent = config.agents.get(name);
    expect(agent?.provider).toBe(name === "ollama" ? "opencode" : name);
  }
});

test("Ollama is asked on this machine, for a model that can be named", () => {
  expect(agentEntry("ollama", [], undefined)).toBe(
    'ollama: { provider: opencode, base_url: http://localhost:11434/v1, model: "qwen3-coder" }',
  );
  expect(agentEntry("ollama", ["./oc"], "a: b")).toBe(
    'ollama: { provider: opencode, command: ["./oc"], base_url: http://localhost:11434/v1, model: "a: b" }',
  );
});

test("what every provider reads is in no list", () => {
  expect(PROVIDER_NAMES.every((name) => isReadBy("env", name))).toBe(true);
  expect(PROVIDER_NAMES.filter((name) => isReadBy("permissions", name))).toEqual(["acp"]);
  expect(isReadBy("command", "script")).toBe(false);
});
