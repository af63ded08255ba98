import { unreachable } from "../kit/unreachable.ts";
import type { Field } from "./config-field.ts";
import { isMap } from "./config-read.ts";
import type { FrontMatterChanges } from "./front-matter.ts";
import type { Spec } from "./spec.ts";
import { KNOWN_KEYS } from "./spec-front.ts";

/** Where the value of a key comes from. */
const SOURCES = ["branch", "path", "env", "git_user"] as const;

/** How one key of specs is derived. */
export interface DerivationRule {
  readonly from: (typeof SOURCES)[number];
  /** An expression whose first group is the value; for env the variable's name, for git_user `name` or `email`. */
  readonly pattern: string;
  /** What the value should be one of; another one is taken with a warning. */
  readonly values?: readonly string[];
}

/** Rules by the key that they are for. */
export type DerivationRules = Readonly<Record<string, DerivationRule>>;

/** What the configuration says of keys that are derived. */
export const derivedField: Field<DerivationRules> = {
  default: {},
  allowed:
    "a map of keys that chant does not use itself, each with from (branch, path, env or git_user) and pattern",
  brief:
    "Keys of specs that chant derive fills: the first group of pattern in the branch or the paths, an environment variable, or name or email of git's user.",
  schema: {
    type: "object",
    additionalProperties: {
      type: "object",
      required: ["from", "pattern"],
      properties: {
        from: { enum: SOURCES },
        pattern: { type: "string", minLength: 1 },
        validate: {
          type: "object",
          properties: {
            type: { enum: ["enum"] },
            values: { type: "array", items: { type: "string", minLength: 1 } },
          },
        },
      },
    },
  },
  read(value) {
    if (!isMap(value)) return undefined;
    const rules = Object.entries(value).map(([key, rule]) => [key, readRule(key, rule)] as const);
    return rules.every((entry): entry is readonly [string, DerivationRule] => entry[1] !== undefined)
      ? Object.fromEntries(rules)
      : undefined;
  },
};

function readRule(key: string, rule: unknown): DerivationRule | undefined {
  if (!/^[A-Za-z_][\w-]*$/.test(key) || KNOWN_KEYS.has(key) || !isMap(rule)) return undefined;
  const from = SOURCES.find((source) => source === rule["from"]);
  const { pattern, validate } = rule;
  if (from === undefined || typeof pattern !== "string" || !isPattern(from, pattern)) return undefined;
  if (validate === undefined || validate === null) return { from, pattern };
  const values = isMap(validate) ? validate["values"] : undefined;
  if (!Array.isArray(values) || !values.every((each) => typeof each === "string")) return undefined;
  return { from, pattern, values };
}

function isPattern(from: DerivationRule["from"], pattern: string): boolean {
  if (from === "env") return /^[A-Za-z_]\w*$/.test(pattern);
  if (from === "git_user") return pattern === "name" || pattern === "email";
  try {
    return pattern !== "" && new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

/** What values are derived from. */
export interface DerivationFacts {
  /** The branch of the user's checkout, without refs/heads/. */
  readonly branch: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: { readonly name: string | undefined; readonly email: string | undefined };
}

/** What comes of the rules for one spec. */
export interface Derivation {
  /** Front matter to be set; empty where the spec says all of it already. */
  readonly changes: FrontMatterChanges;
  /** Keys that somebody wrote by hand: these are never changed. */
  readonly kept: readonly string[];
  /** Keys for which nothing was found; what they say stays. */
  readonly unmatched: readonly string[];
  /** Values that are none of those that they should be. */
  readonly odd: readonly {
    readonly key: string;
    readonly value: string;
    readonly values: readonly string[];
  }[];
}

/**
 * Derives the keys of a spec. Which ones were derived is noted under `derived_fields`: only those are derived anew.
 * @param path the file of the spec, relative to home
 * @param front what its front matter says, as texts
 */
export function derive(
  spec: Pick<Spec, "targetFiles">,
  path: string,
  front: ReadonlyMap<string, unknown>,
  rules: DerivationRules,
  facts: DerivationFacts,
): Derivation {
  const listed = front.get("derived_fields");
  const before: readonly string[] = Array.isArray(listed) ? listed.map(String) : [];
  const changes: { [key: string]: string | readonly string[] } = {};
  const kept: string[] = [];
  const unmatched: string[] = [];
  const odd: { key: string; value: string; values: readonly string[] }[] = [];
  const derived = new Set(before);
  for (const [key, rule] of Object.entries(rules)) {
    if (front.has(key) && front.get(key) !== null && !before.includes(key)) {
      kept.push(key);
      continue;
    }
    const value = valueOf(rule, [path, ...spec.targetFiles], facts);
    if (value === undefined) {
      unmatched.push(key);
      continue;
    }
    if (rule.values !== undefined && !rule.values.includes(value)) {
      odd.push({ key, value, values: rule.values });
    }
    derived.add(key);
    if (front.get(key) !== value) changes[key] = value;
  }
  const names = [...derived];
  if (names.length > before.length) changes["derived_fields"] = names;
  return { changes, kept, unmatched, odd };
}

function valueOf(
  { from, pattern }: DerivationRule,
  paths: readonly string[],
  { branch, env, user }: DerivationFacts,
): string | undefined {
  switch (from) {
    case "env":
      return cleaned(env[pattern]);
    case "git_user":
      return cleaned(pattern === "email" ? user.email : user.name);
    case "branch":
      return branch === undefined ? undefined : firstGroup(pattern, branch);
    case "path":
      return paths.map((path) => firstGroup(pattern, path)).find((value) => value !== undefined);
    default:
      return unreachable(from);
  }
}

function firstGroup(pattern: string, text: string): string | undefined {
  const match = new RegExp(pattern).exec(text);
  return cleaned(match?.[1] ?? match?.[0]);
}

/** One line without what could mean something to a terminal or to YAML's reader. */
function cleaned(text: string | undefined): string | undefined {
  const line = text?.replaceAll(/[\p{Cc}\p{Cs}\ufeff]+/gu, " ").trim();
  return line === "" ? undefined : line;
}
