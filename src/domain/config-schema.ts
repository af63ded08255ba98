import { PROVIDER_NAMES } from "./agent-provider.ts";
import {
  choice,
  choices,
  flag,
  isTexts,
  listOfTexts,
  matching,
  milliseconds,
  minutes,
  number,
  pathsInside,
  period,
  size,
  texts,
  wholeNumber,
} from "./config-field.ts";
import type { Field } from "./config-field.ts";
import { PASSED_NAME } from "./environment.ts";
import { derivedField } from "./derive.ts";
import { NOTIFY_EVENTS } from "./notification.ts";
import { REDACT_PATTERN } from "./redact.ts";
import { ROTATIONS } from "./rotation.ts";
import { SPEC_TYPES } from "./spec-front.ts";
import type { SpecType } from "./spec-front.ts";

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const requireChanges: Field<boolean | readonly SpecType[]> = {
  default: false,
  allowed: `true, false, or a list of types (${SPEC_TYPES.join(", ")})`,
  brief: "Whether a run that only ticks boxes has failed: for every spec, or for those of some types.",
  schema: { anyOf: [{ type: "boolean" }, { type: "array", items: { enum: SPEC_TYPES } }] },
  read: (value) => {
    if (typeof value === "boolean") return value;
    if (!isTexts(value)) return undefined;
    const types = SPEC_TYPES.filter((type) => value.includes(type));
    return types.length === new Set(value).size ? types : undefined;
  },
};

const model = matching<undefined>({
  default: undefined,
  brief: "The model that agents are asked to use.",
  pattern: /./,
  allowed: "the name of a model, as text",
});

const isUrl = (text: string): boolean => /^https?:\/\/[^/?#\s]/i.test(text) && URL.canParse(text);

const environmentPassed: Field<"all" | readonly string[]> = {
  default: "all",
  allowed: '"all", or a list of names, which may end in "*", such as ["ANTHROPIC_*"]',
  brief:
    "Which variables of the environment agents get besides the usual ones (PATH, HOME, LANG and the like), their own env and chant's: all of them, or those named.",
  schema: {
    anyOf: [{ enum: ["all"] }, { type: "array", items: { type: "string", pattern: PASSED_NAME.source } }],
  },
  read: (value) => {
    if (value === "all") return value;
    return isTexts(value) && value.every((name) => PASSED_NAME.test(name)) ? value : undefined;
  },
};

const webhookUrl: Field<string | undefined> = {
  default: undefined,
  allowed: "an address that begins with http:// or https://",
  brief: "Where the webhook posts events to, as JSON.",
  schema: { type: "string", pattern: "^[hH][tT][tT][pP][sS]?://[^/?#\\s]" },
  read: (value) => (typeof value === "string" && isUrl(value) ? value : undefined),
};

const notifyCommand: Field<readonly string[] | undefined> = {
  default: undefined,
  allowed: 'a list of texts, the program first, such as ["notify.sh", "--loud"]',
  brief: "The program that is run for an event, and its arguments; no shell is involved.",
  schema: { ...listOfTexts, minItems: 1 },
  read: (value) => (isTexts(value) && value.length > 0 ? value : undefined),
};

const dollars = (brief: string): Field<number> => number(0, 0, 1_000_000, brief);

const events = (who: string): Field<readonly (typeof NOTIFY_EVENTS)[number][]> =>
  choices(NOTIFY_EVENTS, `Which events ${who} is told of.`);

/** The keys of the config by path. This table alone says what a config may hold. */
export const CONFIG_FIELDS = {
  "defaults.agent": matching({
    default: "script",
    brief: "The agent that works on a spec which names none.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
    allowed: 'the name of an agent under "agents", or "script"',
  }),
  "defaults.branch_prefix": matching({
    default: "chant/",
    brief: "What the names of branches begin with; the id of the spec follows.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*(?:\/[A-Za-z0-9][A-Za-z0-9_-]*)*\/?$/,
    allowed: 'letters, digits, "-" and "_", in parts divided by "/", such as "chant/"',
  }),
  "defaults.auto_commit": flag(true, "Whether chant commits what an agent left uncommitted."),
  "defaults.prompt": matching({
    default: "standard",
    brief: "The prompt of a spec which names none: a file of .chant/prompts/, without .md.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
    allowed: "the name of a prompt: letters, digits, - and _",
  }),
  "defaults.model": model,
  "project.name": matching<undefined>({
    default: undefined,
    brief:
      "What the project is called, for {{project.name}} in prompts; the name of its folder when left out.",
    pattern: /\S/,
    allowed: "a name, as text",
  }),
  "parallel.max": wholeNumber(4, 1, 1000, "How many specs are worked at once."),
  "parallel.rotation": choice(
    "none",
    ROTATIONS,
    "How the agents under parallel.agents take turns over the specs that name none: none takes the first that can.",
  ),
  "worktree.root": matching({
    default: "/tmp",
    brief: "The folder in which the worktrees are made.",
    pattern: /^(?:\/|[A-Za-z]:[/\\])/,
    allowed: "an absolute path",
  }),
  "worktree.copy": pathsInside("Files that git ignores and every worktree gets a copy of."),
  "worktree.link": pathsInside("Files and folders that git ignores and every worktree gets a link to."),
  "worktree.setup": texts({
    allowed: "a list of commands, as text",
    brief: "Commands that make a worktree ready, each in a shell there, before the agent starts.",
    pattern: /\S/,
  }),
  "worktree.teardown": texts({
    allowed: "a list of commands, as text",
    brief: "Commands that are run in a worktree before it is removed.",
    pattern: /\S/,
  }),
  "worktree.ports": wholeNumber(
    0,
    0,
    100,
    "How many ports of the machine each worktree has for itself, as CHANT_PORT_1 and so on.",
  ),
  "work.landing_wait_minutes": minutes(
    10,
    "How long work waits for edits in the user's checkout that hold landings back.",
  ),
  "work.watch": flag(true, "Whether work starts a watch in the background, unless one runs."),
  "judge.require_changes": requireChanges,
  "judge.check_timeout_minutes": minutes(
    30,
    "After how long the check of a criterion is stopped, and has failed.",
    "above 0",
  ),
  "approval.required_for": texts({
    default: [],
    allowed: "a list of labels and types",
    brief: "The labels and types whose specs start only when a person has approved them.",
    pattern: /\S/,
  }),
  "approval.rejection_action": choice(
    "manual",
    ["manual", "dependency", "group"],
    "What reject does besides: nothing; a new spec that the rejected one waits for; or a member for each criterion.",
  ),
  "approval.result": flag(false, "Whether what a run made lands only when a person has approved it."),
  "agent.stall_minutes": minutes(0, "After how long without output an agent is stopped; 0 is never."),
  "agent.timeout_minutes": minutes(0, "After how long an agent is stopped in any case; 0 is never."),
  "agent.env_pass": environmentPassed,
  "merge.gates": texts({
    allowed: 'a list of commands, such as ["npm test"]',
    brief:
      "Commands of the shell that must succeed on the merged files before they land, one after the other.",
    pattern: /\S/,
  }),
  "merge.gate_timeout_minutes": minutes(30, "After how long a gate is stopped and has failed.", "above 0"),
  "merge.on_gate_failure": choice(
    "resume",
    ["resume", "attention"],
    "Whether the agent of a run that fails a gate goes on once with its output, or a person is needed at once.",
  ),
  "budget.run_usd": dollars("What a run may cost, all its attempts together, in US dollars; 0 is no limit."),
  "budget.run_tokens": wholeNumber(
    0,
    0,
    1_000_000_000,
    "How many tokens a run may read and write, without those from a cache; 0 is no limit.",
  ),
  "budget.day_usd": dollars(
    "What all your runs on this machine may cost from midnight to midnight, in US dollars; 0 is no limit.",
  ),
  "land.sign": choice(
    "off",
    ["off", "auto"],
    "Whether chant signs its commits: auto does where the repository asks for it.",
  ),
  "watch.poll_interval_ms": milliseconds(
    5000,
    10,
    "How often watch looks for itself, in case the events of files were lost.",
  ),
  "watch.idle_timeout_minutes": minutes(5, "After how long without anything to do watch ends; 0 is never."),
  "watch.stale_after_minutes": minutes(
    60,
    "After how long without a sign of life something that nobody owns counts as left behind.",
    "above 0",
  ),
  "watch.failure.max_retries": wholeNumber(
    3,
    0,
    100,
    "How often a run that failed is tried again; 0 is never.",
  ),
  "watch.failure.retry_delay_ms": milliseconds(60_000, 0, "How long the first retry waits."),
  "watch.failure.backoff_multiplier": number(2, 1, 100, "How many times longer each further retry waits."),
  "watch.failure.max_delay_ms": milliseconds(900_000, 0, "The longest that a retry waits."),
  "watch.failure.jitter": number(0.2, 0, 1, "By which part of itself a wait is varied, up and down."),
  "watch.failure.retryable_patterns": texts({
    default: ["rate_limit", "timeout", "connection refused", "503"],
    allowed: 'a list of texts, each with more than spaces in it, and numbers in quotes, such as ["503"]',
    brief: "A failed run is tried again when its error has one of these in it, capital or small.",
    pattern: /\S/,
  }),
  "watch.failure.on_permanent_failure": choice(
    "skip",
    ["skip", "stop"],
    "Whether watch goes on with the others when a run has failed for good, or ends.",
  ),
  "lint.disable": texts({
    default: [],
    allowed: "a list of the names of rules",
    brief: "The rules of chant lint that do not count here.",
    pattern: /\S/,
  }),
  "enterprise.derived": derivedField,
  "lifecycle.specs.retention": period(
    "forever",
    "How long completed specs stay before they go into the archive, where that is enabled.",
  ),
  "lifecycle.specs.archive.enabled": flag(
    false,
    "Whether completed specs go into the archive by themselves after that time.",
  ),
  "lifecycle.specs.archive.location": matching({
    default: ".chant/archive/",
    brief: "The folder of the archive.",
    // No part of it is a dot or two, or .git; and it is no folder that chant has another use for.
    pattern:
      /^(?![/\\~]|[A-Za-z]:)(?!(?:.*\/)?(?:\.{1,2}|\.git)(?:\/|$))(?!\.chant(?:\/|\/(?:specs|prompts|logs|\.locks|\.store)(?:\/.*)?)?$)[^\\\0]+$/,
    allowed: "a folder of its own inside the repository, relative to its top",
  }),
  "lifecycle.specs.archive.compress": flag(true, "Whether archived specs are packed with gzip."),
  "lifecycle.journal.retention": matching({
    default: "1y",
    brief: "How long the journal keeps the history of runs.",
    pattern: /^(?:forever|[1-9]\d{0,4}[dwy])$/,
    allowed: '"forever", or a number and a unit (d, w, y), such as "90d"',
  }),
  "lifecycle.branches.delete_after_merge": flag(true, "Whether a branch goes once its work has landed."),
  "lifecycle.branches.retain_unmerged": period(
    "30d",
    "How long cleanup leaves the branch of a run that is over, where its work has not landed.",
  ),
  "lifecycle.logs.retention": period("30d", "How long the logs of runs that are over stay."),
  "lifecycle.logs.max_size": size(
    "50MB",
    "How large the log of a spec may be before it is packed with gzip, once its run is over.",
  ),
  "lifecycle.snapshots.retention": period("30d", "How long snapshots of work stay."),
  "lifecycle.snapshots.ignored_max_size": size(
    "10MB",
    "How much of what an agent made and git ignores is in the snapshot of its worktree; 0 is none of it.",
  ),
  "redact.patterns": texts({
    allowed: 'a list of texts of at least 4 characters without spaces, perhaps with a "*" at their end',
    brief:
      "What is replaced besides keys of known forms and secrets of the environment, in logs, reasons, notifications and exports; a * at the end stands for what follows up to a space or a quote.",
    pattern: REDACT_PATTERN,
  }),
  "notify.webhook.url": webhookUrl,
  "notify.webhook.secret_env": matching<undefined>({
    default: undefined,
    brief: "The environment variable that holds the secret by which the webhook's posts are signed.",
    pattern: VARIABLE_NAME,
    allowed: "the name of an environment variable",
  }),
  "notify.webhook.events": events("the webhook"),
  "notify.command.argv": notifyCommand,
  "notify.command.events": events("the command"),
  "notify.desktop": {
    ...flag(false, "Whether events are shown on the desktop."),
    allowed: 'true, false, or a map that holds "events"',
  },
  "notify.desktop.events": events("the desktop"),
} as const satisfies { readonly [path: string]: Field<unknown> };

/** The maps that mean nothing without one of their keys. A later file replaces such a map as a whole. */
export const REQUIRED_KEYS: { readonly [path: string]: { readonly key: string; readonly hint: string } } = {
  "notify.webhook": { key: "url", hint: "Say where to post to, for example https://example.com/chant." },
  "notify.command": { key: "argv", hint: 'Name the program and its arguments, for example ["notify.sh"].' },
};

/**
 * The keys, and the maps of keys, that are about the person and their machine: whom chant tells, and where it puts
 * things. What the user's own file says there holds against the repository's; everywhere else it is the other way round.
 */
const PERSONAL_KEYS = ["notify", "worktree.root"] as const;

/** Tells whether what the user's own file says of a key holds against the repository's. */
export const isPersonal = (path: string): boolean =>
  PERSONAL_KEYS.some((key) => path === key || path.startsWith(`${key}.`));

/** The keys of one agent, under `agents.NAME`. */
export const AGENT_FIELDS = {
  provider: choice("command", PROVIDER_NAMES, "How chant talks to the agent."),
  command: {
    default: [],
    allowed: 'a list of texts, the program first, such as ["claude", "-p"]',
    brief: "The program to start and its arguments.",
    schema: listOfTexts,
    read: (value) => (isTexts(value) ? value : undefined),
  } satisfies Field<readonly string[]>,
  model,
  env: {
    default: undefined,
    allowed: "a map of names and texts",
    brief: "Variables added to the agent's environment.",
    schema: {
      type: "object",
      propertyNames: { pattern: VARIABLE_NAME.source },
      additionalProperties: { type: ["string", "number", "boolean"] },
    },
    read: readEnvironment,
  } satisfies Field<Readonly<Record<string, string>> | undefined>,
  // Which modes there are changes with the program, which says so itself when it does not know one.
  permission_mode: matching<undefined>({
    default: undefined,
    brief:
      "What the agent may do without asking, in its program's own words; docs/guide/agents.md has what is taken when left out.",
    pattern: /^[A-Za-z][A-Za-z_-]*$/,
    allowed: "the name of a permission mode, such as acceptEdits",
  }),
  flags: {
    default: undefined,
    allowed: "a list of texts",
    brief: "Further arguments for the program, behind chant's own.",
    schema: listOfTexts,
    read: (value) => (isTexts(value) ? value : undefined),
  } satisfies Field<readonly string[] | undefined>,
  base_url: {
    default: undefined,
    allowed: "an address that begins with http:// or https://",
    brief: "Where the model is asked in OpenAI's format, such as http://localhost:11434/v1 for Ollama.",
    schema: { type: "string", pattern: "^[hH][tT][tT][pP][sS]?://[^/?#\\s]" },
    read: (value) => (typeof value === "string" && isUrl(value) ? value : undefined),
  } satisfies Field<string | undefined>,
  key_env: matching<undefined>({
    default: undefined,
    brief: "The environment variable that holds the key for base_url.",
    pattern: VARIABLE_NAME,
    allowed: "the name of an environment variable",
  }),
  permissions: {
    ...choice(
      "allow",
      ["allow", "deny", "ask"],
      "What becomes of a permission that an agent of the provider acp asks for: allow, when left out; ask leaves it to chant permit.",
    ),
    default: undefined,
  },
} as const;

function readEnvironment(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(
    ([name, text]: [string, unknown]) => [name, scalarAsText(text)] as const,
  );
  const isRight = entries.every(([name, text]) => VARIABLE_NAME.test(name) && text !== undefined);
  return isRight ? Object.fromEntries(entries.map(([name, text]) => [name, text ?? ""])) : undefined;
}

const scalarAsText = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;

/** Name of an agent. */
export const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
