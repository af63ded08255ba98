import { type JsonObject, textAt } from "./json.ts";

/** The values that say most about a use of a tool, the first that is there; programs name them each in their own way. */
const DETAILS = [
  "command",
  "cmd",
  "file_path",
  "filePath",
  "notebook_path",
  "path",
  "absolute_path",
  "dir_path",
  "pattern",
  "url",
  "query",
  "description",
  "prompt",
] as const;

const DETAIL_LIMIT = 500;

/** Returns what a tool was used for, in a few words; empty when nothing says it. */
export function toolDetail(input: JsonObject): string {
  const key = DETAILS.find((name) => textAt(input, name) !== undefined);
  return key === undefined ? "" : (textAt(input, key) ?? "").slice(0, DETAIL_LIMIT);
}
