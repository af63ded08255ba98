import { createAtomic, readIfExists, removeFile } from "../host/files.ts";
import { identityOf, isSameProcess, type ProcessIdentity } from "../host/identity.ts";

/*
 *   none --- write ---> running --- its process ends in order, remove ---> none
 *                          '------- its process dies ---> stale --- removeStale ---> none
 *
 * The file only informs: what keeps a second watch away is the kernel lock, and only who holds that writes or removes.
 */

/** The watch of a repository, as `.chant/watch.pid` tells of it. */
export interface WatchProcess {
  readonly identity: ProcessIdentity;
  readonly version: string;
  /** Which repository it watches: the real path of its common git folder. */
  readonly repository: string;
}

/** What the file says now. `text` is what stands there, for `removeStalePidFile`. */
export type PidFile =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly watch: WatchProcess }
  /** Its process is gone, or is another one, or watches another repository; no `pid` where none can be read. */
  | { readonly kind: "stale"; readonly pid?: number; readonly text: string };

/** Writes the file: the pid on the first line for people and scripts, then who that is. False when there is one already. */
export function writePidFile(path: string, watch: WatchProcess): Promise<boolean> {
  const { identity, version, repository } = watch;
  return createAtomic(path, `${identity.pid}\n${JSON.stringify({ ...identity, version, repository })}\n`);
}

/** Reads the file and holds it against what runs: alive, the very process, and this repository's watch. */
export async function readPidFile(path: string, repository: string): Promise<PidFile> {
  const text = await readIfExists(path);
  if (text === undefined) return { kind: "none" };
  const watch = parse(text);
  if (watch !== undefined && watch.repository === repository && isRunning(watch.identity)) {
    return { kind: "running", watch };
  }
  const pid = /^\d{1,10}(?=\r?\n|$)/.exec(text)?.[0];
  return { kind: "stale", text, ...(pid === undefined ? {} : { pid: Number(pid) }) };
}

/** Removes a stale file, unless another one stands there by now. Returns whether it did. */
export async function removeStalePidFile(
  path: string,
  stale: PidFile & { readonly kind: "stale" },
): Promise<boolean> {
  if ((await readIfExists(path)) !== stale.text) return false;
  await removeFile(path);
  return true;
}

/** Removes the file of a watch that ends; one that is somebody else's by now stays. */
export async function removePidFile(path: string, own: ProcessIdentity): Promise<void> {
  const watch = parse((await readIfExists(path)) ?? "");
  if (watch !== undefined && isSameProcess(watch.identity, own)) await removeFile(path);
}

/** The host is left out: a machine may change its name while it runs, and a boot has but one. */
function isRunning(recorded: ProcessIdentity): boolean {
  const now = identityOf(recorded.pid);
  return now !== undefined && isSameProcess({ ...recorded, host: now.host }, now);
}

function parse(text: string): WatchProcess | undefined {
  const [first = "", ...rest] = text.split("\n");
  let told: unknown;
  try {
    told = JSON.parse(rest.join("\n"));
  } catch {
    return undefined;
  }
  if (typeof told !== "object" || told === null) return undefined;
  const { pid, startedAt, bootId, host, version, repository } = told as Readonly<Record<string, unknown>>;
  if (
    typeof pid !== "number" ||
    String(pid) !== first.trim() ||
    typeof startedAt !== "string" ||
    typeof bootId !== "string" ||
    typeof host !== "string" ||
    typeof version !== "string" ||
    typeof repository !== "string"
  ) {
    return undefined;
  }
  return { identity: { pid, startedAt, bootId, host }, version, repository };
}
