import { checkMeaning } from "../domain/config-check.ts";
import type { Problem } from "../domain/config-layer.ts";
import { type ShownKey, shownKeys } from "../domain/config-show.ts";
import { unknownPlaces } from "../domain/prompt.ts";
import { same } from "../kit/same.ts";
import { PromptFault } from "../domain/prompt-layers.ts";
import { CONFIG_NAME, readConfigs } from "../store/config.ts";
import { promptNames, readPrompt } from "../store/prompt-files.ts";
import type { Workspace } from "./workspace.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns all that is wrong with the configuration, file by file, from top to bottom; changes nothing. */
export async function checkConfig({ places }: Workspace, env: Environment): Promise<readonly Problem[]> {
  const [read, prompts] = await Promise.all([readConfigs(places), promptNames(places.prompts)]);
  const facts = {
    fileName: CONFIG_NAME,
    prompts: new Set(prompts),
    isSet: (name: string) => (env[name] ?? "") !== "",
  };
  const ofPrompts = (await Promise.all(prompts.map((name) => checkPrompt(places.prompts, name)))).flat();
  // What is wrong with a prompt is wrong with all that extend it.
  const distinct = ofPrompts.filter((one, at) => ofPrompts.findIndex((other) => same(one, other)) === at);
  return [...read.problems, ...checkMeaning(read, facts), ...distinct].toSorted(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** Finds what would keep an agent from being told its prompt: places that nothing fills, and parents that are not there. */
async function checkPrompt(folder: string, name: string): Promise<readonly Problem[]> {
  try {
    return unknownPlaces(await readPrompt(folder, name)).map(problemOf);
  } catch (error) {
    if (!(error instanceof PromptFault)) throw error;
    return [problemOf(error)];
  }
}

const problemOf = ({ file, line, words, hint }: PromptFault): Problem => ({
  severity: "error",
  file,
  line,
  column: 1,
  message: words,
  ...(hint === undefined ? {} : { hint }),
});

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
