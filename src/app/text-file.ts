import { resolve } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { readIfExists } from "../host/files.ts";

/**
 * Reads a text that a person named on the command line.
 * @throws ChantError USAGE when it is not there
 */
export async function readTextFile(cwd: string, path: string): Promise<string> {
  const text = await readIfExists(resolve(cwd, path));
  if (text !== undefined) return text;
  throw new ChantError("USAGE", `${path} is not there; nothing was written.`);
}
