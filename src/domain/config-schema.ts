import { SPEC_TYPES } from "./spec-front.ts";
import type { SpecType } from "./spec-front.ts";

/** One key of the config: its default, and how its value is read. */
export interface Field<T> {
  /** What holds where the file says nothing. */
  readonly default: T;
  /** What the value may be, in words that follow "it must be". */
  readonly allowed: string;
  /** What the key is for. */
  readonly brief: string;
  /** Returns the value, or undefined when it is not allowed. */
  readonly read: (value: unknown) => T | undefined;
}

interface Patterned<T> {
  readonly default: T;
  readonly brief: string;
  readonly pattern: RegExp;
  readonly allowed: string;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);

const matching = <T extends string | undefined>({ pattern, ...field }: Patterned<T>): Field<string | T> => ({
  ...field,
  read: (value) => (isText(value) && pattern.test(value) ? value : undefined),
});

const flag = (preset: boolean, brief: string): Field<boolean> => ({
  default: preset,
  allowed: "true or false",
  brief,
  read: (value) => (typeof value === "boolean" ? value : undefined),
});

const wholeNumber = (preset: number, from: number, to: number, brief: string): Field<number> => ({
  default: preset,
  allowed: `a whole number from ${from} to ${to}`,
  brief,
  read: (value) =>
    Number.isInteger(value) && Number(value) >= from && Number(value) <= to ? Number(value) : undefined,
});

const WEEK_MINUTES = 7 * 24 * 60;

const minutes = (preset: number, brief: string): Field<number> => ({
  default: preset,
  allowed: `a number of minutes from 0 to ${WEEK_MINUTES}`,
  brief,
  read: (value) => (typeof value === "number" && value >= 0 && value <= WEEK_MINUTES ? value : undefined),
});

const choice = <const W extends string>(preset: W, words: readonly W[], brief: string): Field<W> => ({
  default: preset,
  allowed: words.map((word) => JSON.stringify(word)).join(" or "),
  brief,
  read: (value) => words.find((word) => word === value),
});

const texts = (
  allowed: string,
  brief: string,
  isAllowed: (text: string) => boolean = () => true,
): Field<readonly string[]> => ({
  default: [],
  allowed,
  brief,
  read: (value) => {
    const list = isText(value) ? [value] : value;
    return isTexts(list) && list.every(isAllowed) ? list : undefined;
  },
});

const isInside = (path: string): boolean =>
  !/^([/\\~]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes("..");
const pathsInside = (brief: string): Field<readonly string[]> =>
  texts("a list of paths inside the repository, relative to its top", brief, isInside);

const requireChanges: Field<boolean | readonly SpecType[]> = {
  default: false,
  allowed: `true, false, or a list of types (${SPEC_TYPES.join(", ")})`,
  brief: "Whether a run that only ticks boxes has failed: for every spec, or for those of some types.",
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
  "parallel.max": wholeNumber(4, 1, 1000, "How many specs are worked at once."),
  "worktree.root": matching({
    default: "/tmp",
    brief: "The folder in which the worktrees are made.",
    pattern: /^(?:\/|[A-Za-z]:[/\\])/,
    allowed: "an absolute path",
  }),
  "worktree.copy": pathsInside("Files that git ignores and every worktree gets a copy of."),
  "worktree.link": pathsInside("Files and folders that git ignores and every worktree gets a link to."),
  "worktree.setup": texts(
    "a list of commands",
    "Commands that prepare a new worktree, run in it by the shell, in order.",
  ),
  "work.landing_wait_minutes": minutes(
    10,
    "How long work waits for edits in the user's checkout that hold landings back.",
  ),
  "judge.require_changes": requireChanges,
  "agent.stall_minutes": minutes(0, "After how long without output an agent is stopped; 0 is never."),
  "agent.timeout_minutes": minutes(0, "After how long an agent is stopped in any case; 0 is never."),
  "land.sign": choice(
    "off",
    ["off", "auto"],
    "Whether chant signs its commits: auto does where the repository asks for it.",
  ),
  "merge.on_conflict": choice(
    "attention",
    ["attention"],
    "What becomes of a run whose work conflicts with the target.",
  ),
} as const satisfies { readonly [path: string]: Field<unknown> };

/** The keys of one agent, under `agents.NAME`. */
export const AGENT_FIELDS = {
  provider: choice("command", ["command", "script"], "How chant talks to the agent."),
  command: {
    default: [],
    allowed: 'a list of texts, the program first, such as ["claude", "-p"]',
    brief: "The program to start and its arguments.",
    read: (value) => (isTexts(value) ? value : undefined),
  } satisfies Field<readonly string[]>,
  model,
  env: {
    default: undefined,
    allowed: "a map of names and texts",
    brief: "Variables added to the agent's environment.",
    read: readEnvironment,
  } satisfies Field<Readonly<Record<string, string>> | undefined>,
} as const;

function readEnvironment(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(
    ([name, text]: [string, unknown]) => [name, scalarAsText(text)] as const,
  );
  const isRight = entries.every(
    ([name, text]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && text !== undefined,
  );
  return isRight ? Object.fromEntries(entries.map(([name, text]) => [name, text ?? ""])) : undefined;
}

const scalarAsText = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;

/** Name of an agent. */
export const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
