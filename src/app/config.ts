import { checkMeaning } from "../domain/config-check.ts";
import type { Problem } from "../domain/config-layer.ts";
import { type ShownKey, shownKeys } from "../domain/config-show.ts";
import { listIfExists } from "../host/files.ts";
import { CONFIG_NAME, readConfigs } from "../store/config.ts";
import type { Workspace } from "./workspace.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns all that is wrong with the configuration, file by file, from top to bottom; changes nothing. */
export async function checkConfig({ places }: Workspace, env: Environment): Promise<readonly Problem[]> {
  const [read, names] = await Promise.all([readConfigs(places), listIfExists(places.prompts)]);
  const prompts = names.filter((name) => name.endsWith(".md")).map((name) => name.slice(0, -3));
  const facts = {
    fileName: CONFIG_NAME,
    prompts: new Set(prompts),
    isSet: (name: string) => (env[name] ?? "") !== "",
  };
  return [...read.problems, ...checkMeaning(read, facts)].toSorted(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

export interface ShownConfig {
  readonly keys: readonly ShownKey[];
  /** How many values were passed over because they are not allowed. */
  readonly errors: number;
}

/**
 * Returns the configuration as it holds, each key with where it comes from.
 * @throws ChantError USAGE when there is no such key
 */
export async function showConfig({ places }: Workspace, wanted: string | undefined): Promise<ShownConfig> {
  const read = await readConfigs(places);
  const errors = read.problems.filter(({ severity }) => severity === "error").length;
  return { keys: shownKeys(read, wanted), errors };
}
