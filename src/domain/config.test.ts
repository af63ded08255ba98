import { expect, test } from "vitest";
import { AGENT_FIELDS, CONFIG_FIELDS } from "./config-schema.ts";
import { agentNamed, DEFAULT_CONFIG, parseConfig, parseConfigs, requiresChanges } from "./config.ts";

const configOf = (front: string) => parseConfig(`---\n${front}\n---\nFor people.\n`, "config.md");
const problemsOf = (front: string): readonly string[] =>
  configOf(front).problems.map(({ severity, file, line, column, message, hint }) =>
    [`${file}:${line}:${column} ${severity}: ${message}`, ...(hint === undefined ? [] : [hint])].join(" "),
  );

test("without a file, or with an empty one, the defaults hold", () => {
  expect(DEFAULT_CONFIG).toEqual({
    defaults: {
      agent: "script",
      branchPrefix: "chant/",
      autoCommit: true,
      prompt: "standard",
      model: undefined,
    },
    agents: new Map(),
    parallel: { max: 4 },
    worktree: { root: "/tmp", copy: [], link: [], setup: [] },
    work: { landingWaitMinutes: 10 },
    judge: { requireChanges: false },
    agent: { stallMinutes: 0, timeoutMinutes: 0 },
    land: { sign: "off" },
    merge: { onConflict: "attention" },
  });
  expect(parseConfig("", "config.md")).toEqual({ config: DEFAULT_CONFIG, problems: [] });
  expect(configOf("defaults:\nparallel: {max: }\nagents:")).toEqual({ config: DEFAULT_CONFIG, problems: [] });
});

test("a full config is read", () => {
  const { config, problems } = configOf(`
defaults: {agent: claude, branch_prefix: team/ai/, auto_commit: false, prompt: tdd, model: opus}
agents:
  claude: {provider: command, command: [claude, -p], model: sonnet, env: {A: 1, B: "x"}}
  local: {provider: script}
parallel: {max: 20}
worktree: {root: /var/tmp, copy: .env, link: [node_modules], setup: [npm ci]}
work: {landing_wait_minutes: 0.5}
judge: {require_changes: [code, task]}
agent: {stall_minutes: 15, timeout_minutes: 120}
land: {sign: auto}
merge: {on_conflict: attention}`);
  expect(problems).toEqual([]);
  expect(config).toEqual({
    defaults: { agent: "claude", branchPrefix: "team/ai/", autoCommit: false, prompt: "tdd", model: "opus" },
    agents: new Map([
      [
        "claude",
        { provider: "command", command: ["claude", "-p"], model: "sonnet", env: { A: "1", B: "x" } },
      ],
      ["local", { provider: "script", command: [] }],
    ]),
    parallel: { max: 20 },
    worktree: { root: "/var/tmp", copy: [".env"], link: ["node_modules"], setup: ["npm ci"] },
    work: { landingWaitMinutes: 0.5 },
    judge: { requireChanges: ["code", "task"] },
    agent: { stallMinutes: 15, timeoutMinutes: 120 },
    land: { sign: "auto" },
    merge: { onConflict: "attention" },
  });
});

test("a wrong value is an error with its place and what is allowed, and the default holds", () => {
  expect(problemsOf("parallel:\n  max: many\nland: {sign: on}")).toEqual([
    'config.md:3:3 error: "parallel.max" is "many"; it must be a whole number from 1 to 1000.',
    'config.md:4:8 error: "land.sign" is "on"; it must be "off" or "auto".',
  ]);
  expect(configOf("parallel: {max: 0}").config.parallel.max).toBe(4);
  expect(problemsOf("defaults: 5")).toEqual([
    'config.md:2:1 error: "defaults" must be a map of keys and values.',
  ]);
});

test.each([
  "defaults: {branch_prefix: ../x}",
  "defaults: {branch_prefix: ''}",
  "defaults: {branch_prefix: -a/}",
  "defaults: {branch_prefix: a//}",
  "defaults: {prompt: ../secret}",
  "defaults: {auto_commit: yes}",
  "defaults: {model: 4.0}",
  "parallel: {max: 1.5}",
  "worktree: {root: tmp}",
  "worktree: {copy: [../.env]}",
  "worktree: {link: [/etc]}",
  "worktree: {link: [a/../../b]}",
  "worktree: {setup: [1]}",
  "work: {landing_wait_minutes: 10m}",
  "agent: {stall_minutes: -1}",
  "agent: {timeout_minutes: .inf}",
  "judge: {require_changes: [code, novel]}",
  "judge: {require_changes: sometimes}",
  "merge: {on_conflict: resume}",
  "agents: {a: {command: claude -p}}",
  "agents: {a: {command: [claude], env: {A-B: 1}}}",
  "agents: {a: {command: [claude], provider: acp}}",
])("not allowed: %s", (front) => {
  const problems = problemsOf(front);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/ error: .* it must be /);
});

test("an unknown key is a warning with a suggestion", () => {
  expect(
    problemsOf("defaults:\n  agnet: x\nparalel: {max: 2}\nzebra: 1\nagents: {a: {command: [x], modle: y}}"),
  ).toEqual([
    'config.md:3:3 warning: There is no key "defaults.agnet". Did you mean "agent"?',
    'config.md:4:1 warning: There is no key "paralel". Did you mean "parallel"?',
    'config.md:5:1 warning: There is no key "zebra". Known here: defaults, parallel, worktree, work, judge, agent, land, merge, agents.',
    'config.md:6:28 warning: There is no key "agents.a.modle". Did you mean "model"?',
  ]);
  expect(problemsOf("constructor: 1")).toHaveLength(1);
  expect(problemsOf("defaults: {toString: 1}")).toHaveLength(1);
});

test("an agent without a command, and one that is no map", () => {
  expect(problemsOf("agents:\n  a: {provider: command}\n  b: x\n  'c d': {}")).toEqual([
    'config.md:3:3 error: "agents.a.command" is missing. Name the program and its arguments, for example ["claude", "-p"].',
    'config.md:4:3 error: "agents.b" must be a map of keys and values. Its keys are provider, command, model, env.',
    'config.md:5:3 error: "c d" cannot be the name of an agent; it must be made of letters, digits, - and _.',
  ]);
});

test("a config that cannot be read is one error", () => {
  expect(problemsOf("a: [")).toEqual([expect.stringMatching(/^config\.md:3:1 error: Flow sequence/)]);
});

test("a later file overrides an earlier one key by key, agents by name", () => {
  const { config, problems } = parseConfigs([
    {
      fileName: "user",
      text: "---\nparallel: {max: 9}\ndefaults: {agent: a, prompt: p}\nagents: {a: {command: [x]}, b: {command: [y]}}\n---\n",
    },
    {
      fileName: "repo",
      text: "---\ndefaults: {agent: b}\nagents: {a: {command: [z]}}\nworktree: {root: x}\n---\n",
    },
  ]);
  expect(config.defaults).toMatchObject({ agent: "b", prompt: "p" });
  expect(config.parallel.max).toBe(9);
  expect([...config.agents.values()].map((agent) => agent.command)).toEqual([["z"], ["y"]]);
  expect(problems.map((problem) => problem.file)).toEqual(["repo"]);
});

test("agentNamed knows script, and suggests", () => {
  const { config } = configOf("agents: {claude: {command: [claude]}}");
  expect(agentNamed(config, "claude").command).toEqual(["claude"]);
  expect(agentNamed(config, "script")).toEqual({ provider: "script", command: [] });
  expect(() => agentNamed(config, "cluade")).toThrow(
    expect.objectContaining({
      code: "AGENT_UNKNOWN",
      hint: expect.stringContaining("Did you mean claude?") as unknown,
    }),
  );
  expect(() => agentNamed(config, "toString")).toThrow("There is no agent");
});

test("requiresChanges goes by type", () => {
  expect(requiresChanges(DEFAULT_CONFIG, "code")).toBe(false);
  expect(requiresChanges(configOf("judge: {require_changes: true}").config, "code")).toBe(true);
  const { config } = configOf("judge: {require_changes: [code]}");
  expect([requiresChanges(config, "code"), requiresChanges(config, "task")]).toEqual([true, false]);
});

test("every key is described in a sentence, and its default is allowed", () => {
  for (const [path, field] of [...Object.entries(CONFIG_FIELDS), ...Object.entries(AGENT_FIELDS)]) {
    expect(field.brief, path).toMatch(/^[A-Z].*\.$/);
    if (field.default !== undefined) expect(field.read(field.default), path).toEqual(field.default);
  }
});
