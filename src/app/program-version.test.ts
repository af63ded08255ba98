import { expect, test } from "vitest";
import { isOwnScript } from "./program-version.ts";

test.each([
  ["command", "./agent.sh", true],
  ["command", "/home/me/agent.sh", true],
  ["command", "aider", false],
  ["claude", "./claude-with-proxy", true],
  ["claude", "/opt/claude/bin/claude", false],
])("with the provider %s, %s is somebody's own script: %s", (provider, program, isOwn) => {
  expect(isOwnScript(provider, program)).toBe(isOwn);
});
