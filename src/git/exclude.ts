import { dirname } from "node:path";
import { makeFolder, readIfExists, writeAtomic } from "../host/files.ts";
import type { Repository } from "./repository.ts";
import { infoFile } from "./settings.ts";

/** What an agent leaves for chant in its worktree, and the file beside it while it is written. */
const LINE = ".chant-status.json";

/**
 * Keeps the status file out of every commit through the repository's own `info/exclude`, which no clone brings along:
 * so it is looked at each time. Returns whether it had to be added.
 */
export async function excludeStatusFile(repo: Repository): Promise<boolean> {
  const path = infoFile(repo, "exclude");
  const text = (await readIfExists(path)) ?? "";
  if (text.split(/\r?\n/).includes(LINE)) return false;
  await makeFolder(dirname(path));
  await writeAtomic(path, `${text === "" || text.endsWith("\n") ? text : `${text}\n`}${LINE}\n`);
  return true;
}
