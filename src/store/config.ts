import { ChantError } from "../kit/errors.ts";
import { type Config, parseConfig, type Problem } from "../domain/config.ts";
import { readIfExists } from "../host/files.ts";
import type { Places } from "./places.ts";

/** The name under which messages speak of the configuration. */
const CONFIG_NAME = ".chant/config.md";

/** Reads the configuration; a missing file is all defaults. */
async function readConfigFile(
  places: Places,
): Promise<{ readonly config: Config; readonly problems: readonly Problem[]; readonly isPresent: boolean }> {
  const text = await readIfExists(places.config);
  return { ...parseConfig(text ?? "", CONFIG_NAME), isPresent: text !== undefined };
}

/** Returns the configuration for who only looks: what is wrong in it has its default. */
export const readConfig = async (places: Places): Promise<Config> => (await readConfigFile(places)).config;

/**
 * Returns the configuration, with what is only worth a warning.
 * @throws ChantError CONFIG_INVALID with file, line and what is allowed there.
 */
export async function requireConfig(
  places: Places,
): Promise<{ readonly config: Config; readonly warnings: readonly string[] }> {
  const { config, problems } = await readConfigFile(places);
  const error = problems.find((problem) => problem.severity === "error");
  if (error !== undefined) {
    throw new ChantError("CONFIG_INVALID", describeProblem(error), {
      hint: error.hint ?? `Mend ${CONFIG_NAME}, then try again.`,
    });
  }
  return {
    config,
    warnings: problems.map((problem) => [describeProblem(problem), problem.hint].filter(Boolean).join(" ")),
  };
}

function describeProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}
