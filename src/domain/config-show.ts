import { ChantError } from "../kit/errors.ts";
import type { AgentConfig, ReadConfig } from "./config.ts";
import { placeOfOrigin } from "./config-layer.ts";
import { suggestion } from "./config-read.ts";
import { AGENT_FIELDS, CONFIG_FIELDS } from "./config-schema.ts";

/** One key as it holds, and who says so. */
export interface ShownKey {
  readonly key: string;
  /** Absent where nothing is set. The values of an agent's variables are hidden: they may be secrets. */
  readonly value?: unknown;
  readonly source: "default" | "user" | "repository";
  /** Where it is said; a default is said nowhere. */
  readonly file?: string;
  readonly line?: number;
}

/**
 * Returns every key as it holds, in the order of the table, then the agents.
 * @param wanted a key, or what several begin with, such as `watch.failure`
 * @throws ChantError USAGE when there is no such key
 */
export function shownKeys(read: ReadConfig, wanted?: string): readonly ShownKey[] {
  const keys = [
    ...Object.keys(CONFIG_FIELDS).map((path) => shownKey(read, path, read.values.get(path))),
    ...[...read.config.agents].flatMap(([name, agent]) =>
      Object.keys(AGENT_FIELDS).map((key) => shownKey(read, `agents.${name}.${key}`, agentValue(agent, key))),
    ),
  ];
  const found = keys.filter(
    ({ key }) => wanted === undefined || key === wanted || key.startsWith(`${wanted}.`),
  );
  if (found.length > 0 || wanted === undefined) return found;
  const words = `There is no key ${JSON.stringify(wanted)}.`;
  throw new ChantError("USAGE", words, {
    hint: `${nearest(wanted, keys)} See them all: chant config show`.trim(),
  });
}

function nearest(wanted: string, keys: readonly ShownKey[]): string {
  const names = keys.map(({ key }) => key);
  const sections = [...new Set(names.map((name) => name.split(".")[0] ?? ""))];
  return wanted.includes(".")
    ? suggestion(wanted, names).replace(/^Known.*$/, "")
    : suggestion(wanted, sections);
}

const HIDDEN = "(hidden)";

function agentValue(agent: AgentConfig, key: string): unknown {
  if (key === "permission_mode") return agent.permissionMode;
  // Checked: the other keys are called as they are written.
  const value: unknown = agent[key as keyof AgentConfig];
  if (key !== "env" || value === undefined) return value;
  return Object.fromEntries(Object.keys(agent.env ?? {}).map((name) => [name, HIDDEN]));
}

function shownKey({ origins }: ReadConfig, key: string, value: unknown): ShownKey {
  const origin = origins.get(key);
  const shown = value === undefined ? { key } : { key, value };
  if (origin === undefined) return { ...shown, source: "default" };
  const { file, line } = placeOfOrigin(origin);
  return { ...shown, source: origin.file.isUser === true ? "user" : "repository", file, line };
}
