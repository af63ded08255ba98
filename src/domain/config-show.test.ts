import { expect, test } from "vitest";
import { shownKeys } from "./config-show.ts";
import { parseConfigs } from "./config.ts";

const READ = parseConfigs([
  { text: "---\nparallel: {max: 9}\nwork:\n  watch: false\n---\n", fileName: "/u/config.md", isUser: true },
  {
    text: "---\nparallel:\n  max: 2\nagents:\n  a: {command: [x], env: {KEY: secret}}\n---\n",
    fileName: "repo",
  },
]);

test("each key is shown with its value, and with the file and line that say so", () => {
  expect(shownKeys(READ, "parallel.max")).toEqual([
    { key: "parallel.max", value: 2, source: "repository", file: "repo", line: 3 },
  ]);
  expect(shownKeys(READ, "work")).toEqual([
    { key: "work.landing_wait_minutes", value: 10, source: "default" },
    { key: "work.watch", value: false, source: "user", file: "/u/config.md", line: 4 },
  ]);
  expect(shownKeys(READ, "agents.a")).toContainEqual({
    key: "agents.a.model",
    source: "default",
  });
});

test("values of an agent's variables stay hidden", () => {
  expect(shownKeys(READ, "agents.a.env")).toMatchObject([{ value: { KEY: "(hidden)" }, line: 5 }]);
  expect(JSON.stringify(shownKeys(READ))).not.toContain('secret"');
});

const hint = (text: string): unknown =>
  expect.objectContaining({ code: "USAGE", hint: expect.stringContaining(text) as unknown });

test("an unknown key is refused with the nearest one", () => {
  expect(() => shownKeys(READ, "parallel.mx")).toThrow(hint('Did you mean "parallel.max"?'));
  expect(() => shownKeys(READ, "paralel")).toThrow(hint('Did you mean "parallel"?'));
  expect(() => shownKeys(READ, "")).toThrow(hint("chant config show"));
});
