import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { type Config, parseConfigs, type ReadConfig } from "../domain/config.ts";
import type { ConfigFile, Problem } from "../domain/config-layer.ts";
import { readIfExists } from "../host/files.ts";
import { userConfigFolder } from "../host/user-folders.ts";
import type { Places } from "./places.ts";

/** The name under which messages speak of the repository's configuration. */
export const CONFIG_NAME = ".chant/config.md";

/** Reads both configurations, the user's below the repository's; a missing file is all defaults. */
export async function readConfigs(places: Places): Promise<ReadConfig> {
  return readConfigsWith(await readIfExists(places.config));
}

/** The same with another text in place of the repository's file; undefined when there is none. */
export async function readConfigsWith(own: string | undefined): Promise<ReadConfig> {
  const path = userConfigFile();
  return parseBoth({ path, text: await readIfExists(path) }, own);
}

const userConfigFile = (): string => join(userConfigFolder(), "config.md");

function parseBoth(
  { path, text: user }: { readonly path: string; readonly text: string | undefined },
  own: string | undefined,
): ReadConfig {
  const files: readonly (ConfigFile | undefined)[] = [
    user === undefined ? undefined : { text: user, fileName: path, isUser: true },
    own === undefined ? undefined : { text: own, fileName: CONFIG_NAME },
  ];
  return parseConfigs(files.filter((file) => file !== undefined));
}

/** The configuration for a process that lives for long, which a person may edit meanwhile. */
export class LiveConfig {
  readonly #places: Places;
  #config: Config;
  /** Both texts as they were read last. */
  #read = "";

  constructor(places: Places, config: Config) {
    this.#places = places;
    this.#config = config;
  }

  /** As it was read last. */
  get config(): Config {
    return this.#config;
  }

  /** Reads it anew. In the middle of an edit, when it is broken or cannot be read, what was read last counts. */
  async refresh(): Promise<Config> {
    const path = userConfigFile();
    const [own, text] = await Promise.all([this.#places.config, path].map(readIfExists)).catch(() => []);
    const read = JSON.stringify([own, text]);
    if (own === undefined || read === this.#read) return this.#config;
    this.#read = read;
    const { config, problems } = parseBoth({ path, text }, own);
    if (!problems.some(isError)) this.#config = config;
    return this.#config;
  }
}

/** Returns the configuration for who only looks: what is wrong in it has its default. */
export const readConfig = async (places: Places): Promise<Config> => (await readConfigs(places)).config;

/** Returns the archive's folder relative to the repository: as configured, else where it is by default. */
export async function archiveLocation(places: Places): Promise<string> {
  return (await readConfig(places)).lifecycle.specs.archive.location;
}

/**
 * Returns the configuration, with what is only worth a warning.
 * @throws ChantError CONFIG_INVALID with file, line and what is allowed there.
 */
export async function requireConfig(
  places: Places,
): Promise<{ readonly config: Config; readonly warnings: readonly string[] }> {
  const { config, problems } = await readConfigs(places);
  const error = problems.find(isError);
  if (error !== undefined) {
    throw new ChantError("CONFIG_INVALID", describeProblem(error), {
      hint: error.hint ?? `Mend ${error.file}, then try again. All problems: chant config check`,
    });
  }
  const others = problems.filter(({ isCarriedOver }) => isCarriedOver !== true);
  const warnings = others.map((problem) =>
    [describeProblem(problem), problem.hint].filter(Boolean).join(" "),
  );
  const carried = problems.length - others.length;
  // One line for them all: they are no slips, and stand there for as long as their owner wants.
  if (carried > 0) {
    const what = carried === 1 ? "One thing" : `${carried} things`;
    warnings.push(
      `${what} in the configuration of the Rust chant ${carried === 1 ? "has" : "have"} no effect here. See which: chant config check`,
    );
  }
  return { config, warnings };
}

function describeProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}

const isError = ({ severity }: Problem): boolean => severity === "error";

/** Says what is wrong first among problems, and where; undefined where nothing is that counts. */
export function configProblem(problems: readonly Problem[]): string | undefined {
  const error = problems.find(isError);
  return error === undefined ? undefined : describeProblem(error);
}
