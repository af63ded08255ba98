import { join } from "node:path";
import { isSpecId, type SpecId } from "../domain/id.ts";
import type { LogFile } from "../domain/log-retention.ts";
import { listIfExists, renameOver, statIfExists } from "../host/files.ts";
import { rawLogFile, specLogFile } from "./places.ts";

/** A part of the log of a spec, and the file with the raw output that its headers point into. */
export interface LogPart {
  readonly log: string;
  readonly raw: string;
}

/** `ID.log`, `ID.raw`, and what was put aside of them: `ID.log.1`, `ID.raw.1.gz`. */
const NAME = /^(.+?)\.(log|raw)(?:\.([1-9]\d{0,8})(\.gz)?)?$/;

/** Logs of chant's own, whose names could be ids as well. */
const OWN: ReadonlySet<string> = new Set(["error", "watch", "work"]);

function parseName(name: string): (Omit<LogFile, "bytes" | "atMs"> & { readonly id: SpecId }) | undefined {
  const [, id = "", part, turn, packed] = NAME.exec(name) ?? [];
  if ((part !== "log" && part !== "raw") || !isSpecId(id) || OWN.has(id)) return undefined;
  return {
    id,
    name,
    part,
    isPacked: packed !== undefined,
    ...(turn === undefined ? {} : { turn: Number(turn) }),
  };
}

/**
 * Returns the files of chant's own logs that nobody has open: what was put aside, and those that are opened anew for each
 * line. `work.log` is written to for as long as a `work` in the background lives.
 */
export async function listOwnLogFiles(
  logs: string,
): Promise<readonly { readonly name: string; readonly bytes: number; readonly atMs: number }[]> {
  const found: { name: string; bytes: number; atMs: number }[] = [];
  for (const name of (await listIfExists(logs)).toSorted()) {
    if (!/^(?:(?:error|watch|work)\.log\.[1-9]\d?|(?:error|watch)\.log)$/.test(name)) continue;
    const stat = await statIfExists(join(logs, name));
    if (stat?.isFile() === true) found.push({ name, bytes: stat.size, atMs: stat.mtimeMs });
  }
  return found;
}

/** Returns the files of all logs, by spec. */
export async function listLogFiles(logs: string): Promise<ReadonlyMap<SpecId, readonly LogFile[]>> {
  const found = new Map<SpecId, LogFile[]>();
  for (const name of (await listIfExists(logs)).toSorted()) {
    const file = parseName(name);
    const stat = file === undefined ? undefined : await statIfExists(join(logs, name));
    if (file === undefined || stat?.isFile() !== true) continue;
    const { id, ...rest } = file;
    found.set(id, [...(found.get(id) ?? []), { ...rest, bytes: stat.size, atMs: stat.mtimeMs }]);
  }
  return found;
}

/** Returns what was put aside of the logs of a spec, the oldest first. */
export async function oldLogParts(logs: string, id: SpecId): Promise<readonly LogPart[]> {
  const files = (await listIfExists(logs)).map(parseName).filter((file) => file?.id === id);
  const logsByTurn = new Map<number, string>();
  const raws: { readonly turn: number; readonly name: string }[] = [];
  // Of a file that was being packed both forms may be there; the plain one is whole for certain, and comes last here.
  for (const file of files.toSorted((a, b) => Number(b?.isPacked) - Number(a?.isPacked))) {
    if (file?.turn === undefined) continue;
    if (file.part === "log") logsByTurn.set(file.turn, join(logs, file.name));
    else raws.unshift({ turn: file.turn, name: join(logs, file.name) });
  }
  return [...logsByTurn].toSorted(([a], [b]) => a - b).map(([turn, log]) => ({ log, raw: rawOf(turn) }));

  /** Whoever put the log aside may have been killed before the raw part: then it is where the next turn has its own. */
  function rawOf(turn: number): string {
    const after = raws.filter((raw) => raw.turn >= turn).toSorted((a, b) => a.turn - b.turn);
    return after[0]?.name ?? rawLogFile(logs, id);
  }
}

/**
 * Puts the log of a spec aside, and its raw part with it, under the next number. The log goes first: where only that has
 * happened, its headers still point into the raw part that is written to, and so do those of a log that begins meanwhile.
 */
export async function putLogAside(logs: string, id: SpecId): Promise<void> {
  const files = (await listIfExists(logs)).map(parseName).filter((file) => file?.id === id);
  const turn = 1 + Math.max(0, ...files.map((file) => file?.turn ?? 0));
  const [log, raw] = [specLogFile(logs, id), rawLogFile(logs, id)];
  if ((await statIfExists(log)) !== undefined) await renameOver(log, `${log}.${turn}`);
  if ((await statIfExists(raw)) !== undefined) await renameOver(raw, `${raw}.${turn}`);
}
