import { resolve } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { hasCode, readIfExists } from "../host/files.ts";

/**
 * Reads a text that a person named on the command line.
 * @throws ChantError USAGE when it is not there, or cannot be read
 */
export async function readTextFile(cwd: string, path: string): Promise<string> {
  const hint = "Name a file with the text, or - for standard input. Nothing was written.";
  const text = await readIfExists(resolve(cwd, path)).catch((cause: unknown) => {
    const why = hasCode(cause, "EISDIR") ? "is a folder" : "cannot be read";
    throw new ChantError("USAGE", `${path} ${why}.`, { hint, cause });
  });
  if (text !== undefined) return text;
  throw new ChantError("USAGE", `${path} is not there.`, { hint });
}
