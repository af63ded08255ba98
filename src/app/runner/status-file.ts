import { join } from "node:path";
import type { SpecId } from "../../domain/id.ts";
import { readUntrusted, removeFile, statIfExists, writeAtomic } from "../../host/files.ts";
import type { Launch } from "../engine/launch.ts";
import { note } from "./note.ts";

/** Where a run's state can be read from outside, and an agent may leave its word; never part of a commit. */
export const STATUS_FILE = ".chant-status.json";
/**
 * What it is written aside as. One name, which git is told to ignore: who is killed there leaves nothing that an agent's
 * `git add --all` would take along, and who writes next takes it away.
 */
const ASIDE = `${STATUS_FILE}.tmp`;
/** What chant itself leaves in the top folder of a worktree. */
export const STATUS_FILES: readonly string[] = [STATUS_FILE, ASIDE];

export interface StatusWord {
  readonly status: "working" | "done" | "failed";
  readonly error: string | undefined;
  readonly commits: readonly string[];
}

/** It is a hint for others: a run does not depend on whether it can be written. */
export async function writeStatusFile(launch: Launch, word: StatusWord): Promise<void> {
  const content = {
    spec_id: launch.id,
    status: word.status,
    updated_at: new Date().toISOString(),
    error: word.error ?? null,
    commits: word.commits,
  };
  const path = join(launch.worktree.path, STATUS_FILE);
  try {
    const aside = join(launch.worktree.path, ASIDE);
    await removeFile(aside);
    await writeAtomic(path, `${JSON.stringify(content, undefined, 2)}\n`, undefined, aside);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await note(launch, `${STATUS_FILE} could not be written: ${why}`);
  }
}

/**
 * Returns what an agent said of this very run, or undefined: a file of another spec, from before the run, or of no
 * such shape says nothing.
 */
export const readStatusFile = (
  { worktree, id }: Pick<Launch, "worktree" | "id">,
  sinceMs: number,
): Promise<StatusWord | undefined> => readWord(worktree.path, id, sinceMs);

/** The same for a worktree of which nothing else is known. */
export async function readWord(
  worktree: string,
  id: SpecId,
  sinceMs: number,
): Promise<StatusWord | undefined> {
  const path = join(worktree, STATUS_FILE);
  const text = await readUntrusted(path);
  const value = text === undefined ? undefined : parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const word = value as Readonly<Record<string, unknown>>;
  if (word["spec_id"] !== id) return undefined;
  const saidMs = Date.parse(String(word["updated_at"]));
  // The prompt asks for no time: then that of the file counts, which nobody can set back.
  const writtenMs = Number.isNaN(saidMs) ? ((await statIfExists(path))?.ctimeMs ?? 0) : saidMs;
  if (writtenMs < sinceMs - 1_000) return undefined;
  const status = word["status"];
  if (status !== "working" && status !== "done" && status !== "failed") return undefined;
  const error = typeof word["error"] === "string" ? word["error"] : undefined;
  return { status, error, commits: [] };
}

/** A file so young may be written again within the same moment of its filesystem's clock, in milliseconds. */
const YOUNG_MS = 1_000;

/** Returns `readStatusFile` for whoever asks again and again: it reads only what may be another word than the last. */
export function statusReader(launch: Launch, sinceMs: number): () => Promise<StatusWord | undefined> {
  let seen: { readonly stamp: string; readonly word: StatusWord | undefined } | undefined;
  return async () => {
    const stat = await statIfExists(join(launch.worktree.path, STATUS_FILE));
    if (stat === undefined) return undefined;
    const stamp = `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
    if (seen?.stamp === stamp) return seen.word;
    const word = await readStatusFile(launch, sinceMs);
    seen = Date.now() - stat.ctimeMs > YOUNG_MS ? { stamp, word } : undefined;
    return word;
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
