import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * A process cannot leave its cgroup by itself, whatever it does to its group, its session, its parent and its
 * environment. Only Linux has them, and only where this process may make one below its own: as root, or where the system
 * has delegated that part of the tree, as systemd does for users. Elsewhere everything here says that there is none.
 */

const PREFIX = "chant-";

/** An empty one that is older belongs to nobody who is about to enter it, in milliseconds. */
const LEFT_MS = 60_000;

/** How deep the tree is looked through, and no deeper. */
const DEPTH = 8;

/** Makes a cgroup for all processes of one token, and returns its folder; undefined where that is not to be had. */
export function makeCgroup(token: string): string | undefined {
  const parent = ownCgroup();
  if (parent === undefined) return undefined;
  removeLeft(parent);
  const folder = join(parent, PREFIX + token);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return folder;
  } catch {
    return undefined;
  }
}

/** Returns the folder of the cgroup of a token, whoever made it; undefined when there is none. */
export function findCgroup(token: string): string | undefined {
  const own = ownCgroup();
  const mount = cgroupMount();
  if (own === undefined || mount === undefined) return undefined;
  const here = join(own, PREFIX + token);
  return isFolder(here) ? here : search(mount, PREFIX + token, DEPTH);
}

/** Returns the pids of all processes in a cgroup and below it. */
export function pidsInCgroup(folder: string): readonly number[] {
  const pids = (readText(join(folder, "cgroup.procs")) ?? "").split("\n").filter((line) => line !== "");
  return [...pids.map(Number), ...below(folder).flatMap(pidsInCgroup)];
}

/** Tells whether somebody was ever in a cgroup, or below it. */
export function wasEntered(folder: string): boolean {
  return /^usage_usec [1-9]/m.test(readText(join(folder, "cpu.stat")) ?? "");
}

/** Kills all processes in a cgroup at once, so that none can start another meanwhile; older systems cannot. */
export function killCgroup(folder: string): void {
  try {
    writeFileSync(join(folder, "cgroup.kill"), "1", { flag: "r+" });
  } catch {
    // Each of its processes is signalled besides.
  }
}

/** Removes a cgroup that nobody is in any more, with what is below it. */
export function removeCgroup(folder: string): void {
  for (const each of below(folder)) removeCgroup(each);
  try {
    rmdirSync(folder);
  } catch {
    // Somebody is in it still, or it is gone.
  }
}

/** What a run left that was killed with its runner: an empty folder in memory. */
function removeLeft(parent: string): void {
  for (const folder of below(parent)) {
    const name = folder.slice(parent.length).replace(/^\//, "");
    if (name.startsWith(PREFIX) && Date.now() - (madeMs(folder) ?? Infinity) > LEFT_MS) removeCgroup(folder);
  }
}

function ownCgroup(): string | undefined {
  const path = /^0::(\/.*)$/m.exec(readText("/proc/self/cgroup") ?? "")?.[1];
  const mount = path === undefined ? undefined : cgroupMount();
  return path === undefined || mount === undefined ? undefined : join(mount, path);
}

function cgroupMount(): string | undefined {
  const line = (readText("/proc/self/mounts") ?? "")
    .split("\n")
    .find((each) => each.split(" ")[2] === "cgroup2");
  return line?.split(" ")[1];
}

function search(folder: string, name: string, depth: number): string | undefined {
  const folders = below(folder);
  const found = folders.find((each) => each.endsWith(`/${name}`));
  if (found !== undefined || depth === 0) return found;
  for (const each of folders) {
    const deeper = search(each, name, depth - 1);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function below(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  return madeMs(path) !== undefined;
}

function madeMs(path: string): number | undefined {
  try {
    return statSync(path).ctimeMs;
  } catch {
    return undefined;
  }
}
