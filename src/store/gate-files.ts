import { join } from "node:path";
import type { GateFailure } from "../domain/gate.ts";
import {
  listIfExists,
  makeFolder,
  readIfExists,
  removeFile,
  statIfExists,
  writeAtomic,
} from "../host/files.ts";
import type { Places } from "./places.ts";

/** How the gates did on the files of one tree. */
export interface GateVerdict {
  /** Absent where they passed. */
  readonly failure?: GateFailure;
  /** The end of what the gate that failed printed. */
  readonly output?: string;
}

/** So many verdicts are kept; the oldest go first. */
const KEPT = 500;

const folderOf = (places: Places): string => join(places.gates, "verdicts");
const fileOf = (places: Places, key: string): string => join(folderOf(places), `${key}.json`);

/** Returns what is known of a tree; undefined, too, where that cannot be read: then the gates run once more. */
export async function readVerdict(places: Places, key: string): Promise<GateVerdict | undefined> {
  const text = await readIfExists(fileOf(places, key));
  if (text === undefined) return undefined;
  try {
    return verdictOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function verdictOf(value: unknown): GateVerdict | undefined {
  if (typeof value !== "object" || value === null || !("passed" in value)) return undefined;
  if (value.passed === true) return {};
  const { failure, output } = value as { readonly failure?: unknown; readonly output?: unknown };
  if (typeof failure !== "object" || failure === null) return undefined;
  const { command, how } = failure as { readonly command?: unknown; readonly how?: unknown };
  if (typeof command !== "string" || typeof how !== "string") return undefined;
  return { failure: { command, how }, output: typeof output === "string" ? output : "" };
}

/** Remembers a verdict, flushed to the disk. */
export async function writeVerdict(places: Places, key: string, verdict: GateVerdict): Promise<void> {
  await makeFolder(folderOf(places));
  const passed = verdict.failure === undefined;
  await writeAtomic(fileOf(places, key), JSON.stringify({ version: 1, passed, ...verdict }));
  await forgetOldest(places);
}

async function forgetOldest(places: Places): Promise<void> {
  const names = await listIfExists(folderOf(places));
  if (names.length <= KEPT) return;
  const paths = names.map((name) => join(folderOf(places), name));
  const aged = await Promise.all(
    paths.map(async (path) => ({ path, atMs: (await statIfExists(path))?.mtimeMs ?? 0 })),
  );
  const old = aged.toSorted((a, b) => b.atMs - a.atMs).slice(KEPT);
  for (const { path } of old) await removeFile(path);
}

/** Forgets where the gates failed, so that they run once more: a person says that it may go otherwise now. */
export async function forgetFailures(places: Places): Promise<void> {
  for (const name of await listIfExists(folderOf(places))) {
    const key = /^([0-9a-f]+)\.json$/.exec(name)?.[1];
    if (key === undefined) continue;
    const verdict = await readVerdict(places, key);
    if (verdict === undefined || verdict.failure !== undefined) await removeFile(fileOf(places, key));
  }
}
