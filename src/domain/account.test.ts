import fc from "fast-check";
import { expect, test } from "vitest";
import { accountOf } from "./account.ts";
import type { AgentConfig } from "./config.ts";

const claude: AgentConfig = { provider: "claude", command: [] };
const home = { HOME: "/home/ann" };

test("the same key is the same account, in whichever home and under whichever name of an agent", () => {
  const byEnv = accountOf(claude, { ...home, ANTHROPIC_API_KEY: "sk-1" });
  const byConfig = accountOf({ ...claude, env: { ANTHROPIC_API_KEY: "sk-1" } }, { HOME: "/home/bob" });
  expect(byConfig).toEqual(byEnv);
  expect(byEnv.by).toBe("ANTHROPIC_API_KEY");
  expect(byEnv.id).toMatch(/^claude-[0-9a-f]{8}$/);
});

test("another key, another place of the models, another login or another provider is another account", () => {
  const ids = [
    accountOf(claude, home),
    accountOf(claude, { HOME: "/home/bob" }),
    accountOf(claude, { ...home, CLAUDE_CONFIG_DIR: "/work" }),
    accountOf(claude, { ...home, ANTHROPIC_API_KEY: "sk-1" }),
    accountOf(claude, { ...home, ANTHROPIC_API_KEY: "sk-2" }),
    accountOf(claude, { ...home, ANTHROPIC_API_KEY: "sk-1", ANTHROPIC_BASE_URL: "http://127.0.0.1:1" }),
    accountOf({ provider: "command", command: ["one"] }, home),
    accountOf({ provider: "command", command: ["two"] }, home),
    accountOf({ provider: "command", command: ["one"], env: { MY_TOKEN: "x" } }, home),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("nothing of a key can be read in the account", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9]{24,60}$/), (key) => {
      const { id, by } = accountOf(claude, { ...home, ANTHROPIC_API_KEY: key });
      expect(key).not.toContain(id.slice("claude-".length));
      expect(by).toBe("ANTHROPIC_API_KEY");
    }),
  );
});
