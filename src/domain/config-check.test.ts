import { expect, test } from "vitest";
import { checkMeaning } from "./config-check.ts";
import { parseConfigs } from "./config.ts";

const checked = (front: string, prompts = ["standard"], set: readonly string[] = []): readonly string[] => {
  const read = parseConfigs([{ text: `---\n${front}\n---\n`, fileName: "config.md" }]);
  const facts = { fileName: "repo", prompts: new Set(prompts), isSet: (name: string) => set.includes(name) };
  return checkMeaning(read, facts).map(
    ({ file, line, severity, message, hint }) =>
      `${file}:${line} ${severity}: ${message}${hint === undefined ? "" : ` ${hint}`}`,
  );
};

test("a config without contradictions has no findings", () => {
  expect(checked("")).toEqual([]);
  expect(
    checked(
      "defaults: {agent: a, prompt: tdd}\nagents: {a: {provider: claude, command: [x], flags: [y]}}\nwatch: {failure: {max_retries: 1, jitter: 0}}\nagent: {stall_minutes: 5, timeout_minutes: 9}\nnotify: {webhook: {url: 'https://e.com', secret_env: S}}",
      ["tdd"],
      ["S"],
    ),
  ).toEqual([]);
});

test("an agent and a prompt that do not exist are errors: nothing could be worked", () => {
  expect(checked("defaults:\n  prompt: tdd\n  agent: cluade\nagents: {claude: {provider: claude}}")).toEqual([
    'config.md:4 error: "defaults.agent": There is no agent "cluade". Did you mean claude? Agents are described under "agents" in .chant/config.md.',
    'config.md:3 error: "defaults.prompt": there is no .chant/prompts/tdd.md, so agents are told nothing. Prompts that there are: standard.',
  ]);
});

test("keys that mean nothing beside others are warnings at their place", () => {
  expect(
    checked(
      "watch:\n  failure:\n    max_retries: 0\n    jitter: 0.1\nagents:\n  a:\n    provider: script\n    command: [x]\n  b:\n    command: [y]\n    flags: [z]\nagent:\n  timeout_minutes: 5\n  stall_minutes: 5\nnotify:\n  webhook:\n    url: 'https://e.com'\n    secret_env: S",
    ),
  ).toEqual([
    'config.md:19 warning: "notify.webhook.secret_env": S is not set here, so posts would not be signed.',
    'config.md:5 warning: "watch.failure.jitter" has no effect while "watch.failure.max_retries" is 0.',
    'config.md:15 warning: "agent.stall_minutes" has no effect while "agent.timeout_minutes" is not larger: an agent is stopped by then in any case.',
    'config.md:9 warning: "agents.a.command" has no effect: the provider script does not read it.',
    'config.md:12 warning: "agents.b.flags" has no effect: the provider command does not read it.',
  ]);
  expect(checked("watch:\n  failure: {max_delay_ms: 10}")).toEqual([
    'config.md:3 warning: "watch.failure.retry_delay_ms" is 60000, above "watch.failure.max_delay_ms" with 10: each retry waits that long.',
  ]);
});
