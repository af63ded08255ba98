import { expect, test } from "vitest";
import { checkMeaning } from "./config-check.ts";
import { parseConfig, parseConfigs } from "./config.ts";

const read = (front: string) => parseConfig(`---\n${front}\n---\n`, "config.md");

const problemsOf = (front: string): readonly string[] =>
  read(front).problems.map(
    ({ line, column, severity, message, isCarriedOver = false }) =>
      `${line}:${column} ${severity}${isCarriedOver ? " carried over" : ""}: ${message}`,
  );

const LIST = `parallel:
  agents:
    - name: main
      command: claude
      max_concurrent: 2
    - name: alt1
      command: claude-alt1 --verbose
      weight: 3`;

test("a list of agents is read as agents of Claude Code, the first of which works by default", () => {
  const { config, origins } = read(LIST);
  expect(config.agents).toEqual(
    new Map([
      ["main", { provider: "claude", command: ["claude"] }],
      ["alt1", { provider: "claude", command: ["claude-alt1", "--verbose"] }],
    ]),
  );
  expect(config.defaults.agent).toBe("main");
  expect(origins.get("agents.alt1.command")?.path).toEqual(["parallel", "agents", "1"]);
  // As the Rust chant has it: what an entry leaves out.
  expect(read("parallel: {agents: [{}]}").config.agents).toEqual(
    new Map([["main", { provider: "claude", command: ["claude"] }]]),
  );
});

test("how they share the work is read in the words of both", () => {
  const front = `${LIST}\ndefaults: {rotation_strategy: round-robin}`;
  expect(problemsOf(front)).toEqual([]);
  const { config, origins } = read(front);
  expect(config.parallel).toEqual({
    max: 4,
    rotation: "round_robin",
    agents: [
      { name: "main", weight: 1, maxConcurrent: 2 },
      { name: "alt1", weight: 3 },
    ],
  });
  expect(origins.get("parallel.rotation")?.path).toEqual(["defaults", "rotation_strategy"]);
  const both = `${LIST}\n  rotation: least_busy\ndefaults: {rotation_strategy: random}`;
  expect(read(both).config.parallel.rotation).toBe("least_busy");
  const described = read("parallel: {agents: [{name: mine}]}\nagents: {mine: {provider: script}}").config;
  expect(described.agents.get("mine")).toEqual({ provider: "script", command: [] });
  expect(described.defaults.agent).toBe("mine");
  expect(problemsOf("defaults: {rotation_strategy: none, provider: claude}")).toEqual([]);
});

test("the provider claude is the agent claude, unless agents are listed or one is named", () => {
  const alone = read("defaults: {provider: claude}");
  expect(alone.config.defaults.agent).toBe("claude");
  expect(alone.config.agents).toEqual(new Map([["claude", { provider: "claude", command: [] }]]));
  expect(read(`defaults: {provider: claude}\n${LIST}`).config.defaults.agent).toBe("main");
  const named = "defaults: {provider: claude, agent: script}";
  expect(read(named).config.defaults.agent).toBe("script");
  expect(problemsOf(named)).toEqual([
    '2:12 warning carried over: "defaults.provider" has no effect beside "defaults.agent".',
  ]);
});

test("another provider is named as without effect, and nobody works by default but script", () => {
  const front = "defaults: {provider: ollama}\nproviders: {ollama: {endpoint: http://localhost:11434/v1}}";
  expect(read(front).config.defaults.agent).toBe("script");
  expect(problemsOf(front)).toEqual([
    '3:1 warning carried over: "providers" is a key of the Rust chant, and has no effect here.',
    '2:12 warning carried over: "defaults.provider" is "ollama", which has no effect here: chant asks no model by itself, it starts agents.',
  ]);
});

test("what is described under agents holds, in whichever file; and so does an agent that a file names", () => {
  const user = { text: "---\nagents: {alt1: {provider: script}}\n---\n", fileName: "user.md", isUser: true };
  const own = { text: `---\n${LIST}\n---\n`, fileName: "config.md" };
  const { config } = parseConfigs([user, own]);
  expect(config.agents.get("alt1")).toEqual({ provider: "script", command: [] });
  expect(config.agents.get("main")?.provider).toBe("claude");
  const naming = { text: "---\ndefaults: {agent: alt1}\n---\n", fileName: "user.md", isUser: true };
  expect(parseConfigs([naming, own]).config.defaults.agent).toBe("alt1");
});

test("what is wrong in it is an error with its place", () => {
  expect(
    problemsOf("parallel:\n  agents: claude\ndefaults:\n  provider: clod\n  rotation_strategy: [a]"),
  ).toEqual([
    '3:3 error: "parallel.agents" must be a list of agents.',
    '6:3 error: "defaults.rotation_strategy" is ["a"]; it must be "none" or "random" or "round-robin".',
    '5:3 error: "defaults.provider" is "clod"; it must be "claude" or "ollama" or "openai" or "kirocli".',
  ]);
  expect(
    problemsOf(
      'parallel:\n  agents:\n    - main\n    - {name: "a b"}\n    - {command: "claude \\"$X\\"", wait: 1}',
    ),
  ).toEqual([
    '4:7 error: "parallel.agents.0" must be a map of keys and values.',
    '5:8 error: "parallel.agents.1.name" is "a b"; it must be letters, digits, - and _.',
    expect.stringMatching(
      /^6:8 error: "parallel.agents.2.command" is .*describe it under "agents"\.$/,
    ) as string,
    '6:34 warning: There is no key "parallel.agents.2.wait".',
  ]);
});

test("a configuration of the Rust chant is read without an error, each key that is not read with what is instead", () => {
  const { problems, config } = read(`project: {name: shop, prefix: s, silent: false}
defaults: {prompt: bootstrap, branch: false, pr: false, branch_prefix: chant/, model: opus, split_model: sonnet,
  main_branch: main, prompt_extensions: [concise]}
git: {provider: github}
parallel: {stagger_delay_ms: 1000, stagger_jitter_ms: 200, cleanup: {enabled: true}}
repos: [{name: backend, path: ~/backend}]
enterprise: {required: [team]}
approval: {rejection_action: dependency, require_approval_for_agent_work: true}
validation: {strict_output_validation: true}
site: {title: Shop}
lint: {disable: [coupling], thresholds: {complexity_files: 5}}
watch: {poll_interval_ms: 5000, idle_timeout_minutes: 5, failure: {max_retries: 2, retryable_patterns: ["503"]}}
schema: {spec: {required: [status]}}
scale: {limits: {max_agents: 3}}`);
  expect(problems.map(({ message }) => /"(.*?)"/.exec(message)?.[1])).toEqual([
    "project.prefix",
    "project.silent",
    "defaults.branch",
    "defaults.pr",
    "defaults.split_model",
    "defaults.main_branch",
    "defaults.prompt_extensions",
    "git",
    "parallel.stagger_delay_ms",
    "parallel.stagger_jitter_ms",
    "parallel.cleanup",
    "repos",
    "enterprise.required",
    "approval.require_approval_for_agent_work",
    "validation",
    "site",
    "lint.thresholds",
    "schema",
    "scale",
  ]);
  expect(problems.every(({ severity, hint }) => severity === "warning" && hint !== undefined)).toBe(true);
  expect(config).toMatchObject({
    project: { name: "shop" },
    defaults: { prompt: "bootstrap", model: "opus" },
    approval: { rejectionAction: "dependency" },
    watch: { failure: { maxRetries: 2 } },
  });
});

test("an agent of the list that defaults.agent does not know is told as before", () => {
  const facts = { fileName: "config.md", prompts: new Set(["standard"]), isSet: () => true };
  expect(checkMeaning(read(LIST), facts)).toEqual([]);
  expect(checkMeaning(read(`${LIST}\ndefaults: {agent: alt2}`), facts)).toMatchObject([
    { severity: "error", message: '"defaults.agent": There is no agent "alt2".' },
  ]);
});
