import { appendLines, cutTo, readBytesIfExists } from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import type { Repository } from "./repository.ts";
import { infoFile } from "./settings.ts";

/** What an agent leaves for chant in its worktree, and the file beside it while chant writes it: a kill leaves that one. */
const STATUS_LINES = [".chant-status.json", ".chant-status.json.tmp"];

/**
 * Keeps the status file out of every commit through the repository's own `info/exclude`, which no clone brings along:
 * so it is looked at each time. Returns whether anything had to be added.
 */
export async function excludeStatusFile(repo: Repository): Promise<boolean> {
  let isAdded = false;
  for (const line of STATUS_LINES) if (await exclude(repo, line)) isAdded = true;
  return isAdded;
}

/**
 * Adds a line at the end of the repository's `info/exclude`, unless it is there. The file is the user's, perhaps a link to
 * one that many repositories share: nothing in it is written again. Returns whether it had to be added.
 */
export async function exclude(repo: Repository, line: string): Promise<boolean> {
  const path = infoFile(repo, "exclude");
  const bytes = (await readBytesIfExists(path)) ?? Buffer.alloc(0);
  const lines = bytes.toString("latin1").split("\n");
  if (lines.some((each) => each.trim() === line)) return false;
  const isOpen = lines.at(-1) !== "";
  try {
    await appendLines(path, isOpen ? ["", line] : [line]);
  } catch (error) {
    await takeBack(path, bytes, line);
    throw error;
  }
  await flushFiles([path]);
  return true;
}

/** Takes a beginning of a line back: that of the status file's would name all of `.chant`. */
async function takeBack(path: string, before: Buffer, line: string): Promise<void> {
  const now = await readBytesIfExists(path);
  if (now === undefined || !now.subarray(0, before.length).equals(before)) return;
  const begun = now.toString("latin1", before.length);
  if (begun !== "" && `\n${line}\n`.includes(begun)) await cutTo(path, before.length);
}
