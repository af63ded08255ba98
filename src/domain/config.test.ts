import { expect, test } from "vitest";
import { AGENT_FIELDS, CONFIG_FIELDS } from "./config-schema.ts";
import { agentNamed, DEFAULT_CONFIG, parseConfig } from "./config.ts";
import { NOTIFY_EVENTS } from "./notification.ts";
import { requiresChanges } from "./require-changes.ts";

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
    project: { name: undefined },
    parallel: { max: 4, rotation: "none", agents: [] },
    worktree: { root: "/tmp", copy: [], link: [], setup: [], teardown: [], ports: 0 },
    work: { landingWaitMinutes: 10, watch: true },
    approval: { requiredFor: [], rejectionAction: "manual", result: false },
    judge: { requireChanges: false, checkTimeoutMinutes: 30 },
    agent: { stallMinutes: 0, timeoutMinutes: 0, envPass: "all" },
    budget: { runUsd: 0, runTokens: 0, dayUsd: 0 },
    merge: { gates: [], gateTimeoutMinutes: 30, onGateFailure: "resume" },
    land: { sign: "off" },
    lint: { disable: [] },
    enterprise: { derived: {} },
    redact: { patterns: [] },
    watch: {
      pollIntervalMs: 5000,
      idleTimeoutMinutes: 5,
      staleAfterMinutes: 60,
      failure: {
        maxRetries: 3,
        retryDelayMs: 60_000,
        backoffMultiplier: 2,
        maxDelayMs: 900_000,
        jitter: 0.2,
        retryablePatterns: ["rate_limit", "timeout", "connection refused", "503"],
        onPermanentFailure: "skip",
      },
    },
    lifecycle: {
      specs: {
        retention: "forever",
        archive: { enabled: false, location: ".chant/archive", compress: true },
      },
      journal: { retention: "1y" },
      branches: { deleteAfterMerge: true, retainUnmerged: "30d" },
      logs: { retention: "30d", maxSize: "50MB" },
      snapshots: { retention: "30d", ignoredMaxSize: "10MB" },
    },
    notify: {},
  });
  const nothing = { config: DEFAULT_CONFIG, problems: [], origins: new Map() };
  expect(parseConfig("", "config.md")).toMatchObject(nothing);
  expect(configOf("defaults:\nparallel: {max: }\nagents:")).toMatchObject(nothing);
});

test("a full config is read", () => {
  const { config, problems } = configOf(`
defaults: {agent: claude, branch_prefix: team/ai/, auto_commit: false, prompt: tdd, model: opus}
agents:
  claude: {provider: command, command: [claude, -p], model: sonnet, env: {A: 1, B: "x"}}
  local: {provider: script}
project: {name: shop}
parallel: {max: 20, rotation: random}
worktree: {root: /var/tmp, copy: .env, link: [node_modules], setup: [npm ci, make db], teardown: make down, ports: 3}
work: {landing_wait_minutes: 0.5}
approval: {required_for: [risky, research], rejection_action: group, result: true}
judge: {require_changes: [code, task], check_timeout_minutes: 5}
budget: {run_usd: 2.5, run_tokens: 900000, day_usd: 40}
agent: {stall_minutes: 15, timeout_minutes: 120, env_pass: [ANTHROPIC_*]}
land: {sign: auto}
lint: {disable: [missing-criteria]}
enterprise: {derived: {team: {from: env, pattern: TEAM}}}
redact: {patterns: [corp-*]}
watch:
  poll_interval_ms: 1000
  idle_timeout_minutes: 0
  stale_after_minutes: 30
  failure: {max_retries: 5, retry_delay_ms: 10, backoff_multiplier: 1.5, max_delay_ms: 100, jitter: 0,
            retryable_patterns: [overloaded], on_permanent_failure: stop}
lifecycle:
  specs: {retention: 90d, archive: {enabled: true, location: old/specs/, compress: false}}
  branches: {delete_after_merge: false, retain_unmerged: forever}
  logs: {retention: 1y, max_size: 2KB}
  journal: {retention: 90d}
  snapshots: {retention: 2w, ignored_max_size: 0}
notify:
  webhook: {url: "https://example.com/hook?a=b", secret_env: HOOK_SECRET, events: [failed, needs_attention]}
  command: {argv: [notify.sh, --loud], events: all_done}
  desktop: true`);
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
    project: { name: "shop" },
    parallel: { max: 20, rotation: "random", agents: [] },
    worktree: {
      root: "/var/tmp",
      copy: [".env"],
      link: ["node_modules"],
      setup: ["npm ci", "make db"],
      teardown: ["make down"],
      ports: 3,
    },
    work: { landingWaitMinutes: 0.5, watch: true },
    approval: { requiredFor: ["risky", "research"], rejectionAction: "group", result: true },
    judge: { requireChanges: ["code", "task"], checkTimeoutMinutes: 5 },
    agent: { stallMinutes: 15, timeoutMinutes: 120, envPass: ["ANTHROPIC_*"] },
    budget: { runUsd: 2.5, runTokens: 900_000, dayUsd: 40 },
    merge: { gates: [], gateTimeoutMinutes: 30, onGateFailure: "resume" },
    land: { sign: "auto" },
    lint: { disable: ["missing-criteria"] },
    enterprise: { derived: { team: { from: "env", pattern: "TEAM" } } },
    redact: { patterns: ["corp-*"] },
    watch: {
      pollIntervalMs: 1000,
      idleTimeoutMinutes: 0,
      staleAfterMinutes: 30,
      failure: {
        maxRetries: 5,
        retryDelayMs: 10,
        backoffMultiplier: 1.5,
        maxDelayMs: 100,
        jitter: 0,
        retryablePatterns: ["overloaded"],
        onPermanentFailure: "stop",
      },
    },
    lifecycle: {
      specs: {
        retention: "90d",
        archive: { enabled: true, location: "old/specs", compress: false },
      },
      journal: { retention: "90d" },
      branches: { deleteAfterMerge: false, retainUnmerged: "forever" },
      logs: { retention: "1y", maxSize: "2KB" },
      snapshots: { retention: "2w", ignoredMaxSize: "0" },
    },
    notify: {
      webhook: {
        url: "https://example.com/hook?a=b",
        secretEnv: "HOOK_SECRET",
        events: ["needs_attention", "failed"],
      },
      command: { argv: ["notify.sh", "--loud"], events: ["all_done"] },
      desktop: { events: ["needs_attention", "failed", "landed", "all_done"] },
    },
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
  "work: {landing_wait_minutes: 10m}",
  "agent: {stall_minutes: -1}",
  "agent: {env_pass: some}",
  "agent: {env_pass: [A=B]}",
  "redact: {patterns: [a*b*c]}",
  "redact: {patterns: [abc]}",
  "agent: {timeout_minutes: .inf}",
  "judge: {require_changes: [code, novel]}",
  "judge: {require_changes: sometimes}",
  "judge: {check_timeout_minutes: 0}",
  "watch: {poll_interval_ms: 5s}",
  "watch: {poll_interval_ms: 0}",
  "watch: {poll_interval_ms: 2.5}",
  "watch: {idle_timeout_minutes: -1}",
  "watch: {stale_after_minutes: 0}",
  "watch: {failure: {max_retries: three}}",
  "watch: {failure: {max_retries: -1}}",
  "watch: {failure: {retry_delay_ms: 1m}}",
  "watch: {failure: {backoff_multiplier: 0.5}}",
  "watch: {failure: {backoff_multiplier: .nan}}",
  "watch: {failure: {max_delay_ms: .inf}}",
  "watch: {failure: {jitter: 1.5}}",
  "watch: {failure: {retryable_patterns: [rate_limit, 503]}}",
  "watch: {failure: {retryable_patterns: [' ']}}",
  "watch: {failure: {on_permanent_failure: continue}}",
  "lifecycle: {branches: {delete_after_merge: never}}",
  "lifecycle: {specs: {retention: soon}}",
  "lifecycle: {specs: {retention: 90}}",
  "lifecycle: {logs: {max_size: 50}}",
  "lifecycle: {snapshots: {ignored_max_size: much}}",
  "lifecycle: {specs: {archive: {location: ../out}}}",
  "lifecycle: {specs: {archive: {location: /tmp/out}}}",
  "lifecycle: {specs: {archive: {location: .chant/specs/old}}}",
  "lifecycle: {specs: {archive: {location: .}}}",
  "lifecycle: {specs: {archive: {location: x/.git/y}}}",
  "notify: {webhook: {url: example.com}}",
  "notify: {webhook: {url: 'ftp://example.com'}}",
  "notify: {webhook: {url: 'http://exa mple.com'}}",
  "notify: {webhook: {url: 'https://e.com', secret_env: $SECRET}}",
  "notify: {webhook: {url: 'https://e.com', events: [started]}}",
  "notify: {command: {argv: notify.sh --loud}}",
  "notify: {command: {argv: []}}",
  "notify: {command: {argv: [notify.sh], events: 1}}",
  "notify: {desktop: maybe}",
  "notify: {desktop: {events: [landed, gone]}}",
  "agents: {a: {command: claude -p}}",
  "agents: {a: {command: [claude], env: {A-B: 1}}}",
  "agents: {a: {command: [claude], provider: telepathy}}",
  "agents: {a: {provider: claude, permission_mode: accept edits}}",
  "agents: {a: {provider: claude, flags: --debug}}",
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
    'config.md:5:1 warning: There is no key "zebra". Known here: defaults, project, parallel, worktree, work, judge, approval, agent, merge, budget, land, watch, lint, enterprise, lifecycle, redact, notify, agents.',
    'config.md:6:28 warning: There is no key "agents.a.modle". Did you mean "model"?',
  ]);
  expect(problemsOf("constructor: 1")).toHaveLength(1);
  expect(problemsOf("defaults: {toString: 1}")).toHaveLength(1);
});

test("maps in maps: what is wrong in them is told with its place and what is allowed", () => {
  expect(
    problemsOf(
      "watch:\n  failure:\n    max_retry: 1\n    on_permanent_failure: halt\n  failure.jitter: 1\nlifecycle: {branches: 5}",
    ),
  ).toEqual([
    'config.md:4:5 warning: There is no key "watch.failure.max_retry". Did you mean "max_retries"?',
    'config.md:5:5 error: "watch.failure.on_permanent_failure" is "halt"; it must be "skip" or "stop".',
    'config.md:6:3 warning: There is no key "watch.failure.jitter". Known here: poll_interval_ms, idle_timeout_minutes, stale_after_minutes, failure.',
    'config.md:7:13 error: "lifecycle.branches" must be a map of keys and values. Its keys are delete_after_merge, retain_unmerged.',
  ]);
  expect(problemsOf("notify:\n  desktop:\n    events: [landed, fail]")).toEqual([
    'config.md:4:5 error: "notify.desktop.events" is ["landed","fail"]; it must be a list of needs_attention, failed, landed, all_done.',
  ]);
  expect(configOf("watch: {failure: {jitter: 2, max_retries: 1}}").config.watch.failure).toMatchObject({
    jitter: 0.2,
    maxRetries: 1,
  });
});

const desktopOf = (front: string): unknown => configOf(`notify: {desktop: ${front}}`).config.notify.desktop;

test("the desktop is a switch, or a map that turns it on", () => {
  expect(desktopOf("true")).toEqual({ events: NOTIFY_EVENTS });
  expect(desktopOf("{events: [landed, failed]}")).toEqual({ events: ["failed", "landed"] });
  expect(desktopOf("{events: []}")).toEqual({ events: [] });
  expect(desktopOf("false")).toBeUndefined();
});

test("a webhook without a url, and a command without an argv, are nothing", () => {
  const front = "notify:\n  webhook: {secret_env: X}\n  command: {argv: }";
  expect(problemsOf(front)).toEqual([
    'config.md:3:3 error: "notify.webhook.url" is missing. Say where to post to, for example https://example.com/chant.',
    'config.md:4:3 error: "notify.command.argv" is missing. Name the program and its arguments, for example ["notify.sh"].',
  ]);
  expect(configOf(front).config.notify).toEqual({});
});

test("an agent without a command, and one that is no map", () => {
  expect(problemsOf("agents:\n  a: {provider: command}\n  b: x\n  'c d': {}")).toEqual([
    'config.md:3:3 error: "agents.a.command" is missing. Name the program and its arguments, for example ["claude", "-p"].',
    'config.md:4:3 error: "agents.b" must be a map of keys and values. Its keys are provider, command, model, env, permission_mode, flags, base_url, key_env, permissions.',
    'config.md:5:3 error: "c d" cannot be the name of an agent; it must be made of letters, digits, - and _.',
  ]);
});

test("a config that cannot be read is one error", () => {
  expect(problemsOf("a: [")).toEqual([expect.stringMatching(/^config\.md:3:1 error: Flow sequence/)]);
});

test("the provider claude needs nothing but its name", () => {
  const { config, problems } = configOf(
    "agents: {claude: {provider: claude}, careful: {provider: claude, permission_mode: acceptEdits, flags: [--max-turns, '9']}}",
  );
  expect(problems).toEqual([]);
  expect([...config.agents.values()]).toEqual([
    { provider: "claude", command: [] },
    { provider: "claude", command: [], permissionMode: "acceptEdits", flags: ["--max-turns", "9"] },
  ]);
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
