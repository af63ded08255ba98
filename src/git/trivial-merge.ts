import { GITLINK_MODE, readablePath, type TreeDifference, type Trees } from "./tree.ts";

/**
 * Merges two trees in process where nothing has to be decided: no path changed on both sides, nothing removed on
 * either (so nothing can have been renamed), no submodule, no folder where the other side has a file. Then git's own
 * merge gives the same tree, and a process is saved for each landing. Undefined when git has to be asked.
 *
 * `ours` and `theirs` are what each side changed since their base, `oursTree` is the tree of the one side now, and
 * `settled` are paths whose outcome is known already, whatever either side did.
 */
export async function mergeTrivially(
  trees: Trees,
  oursTree: string,
  ours: readonly TreeDifference[],
  theirs: readonly TreeDifference[],
  settled: ReadonlySet<string>,
): Promise<Awaited<ReturnType<Trees["with"]>> | undefined> {
  const mine = ours.filter(({ path }) => !settled.has(readablePath(path)));
  const others = theirs.filter(({ path }) => !settled.has(readablePath(path)));
  if (![...mine, ...others].every(isPlain)) return undefined;
  const folders = new Set(mine.flatMap(({ path }) => foldersOf(path)));
  const paths = new Set(mine.map(({ path }) => path));
  for (const { path } of others) {
    if (paths.has(path) || folders.has(path) || foldersOf(path).some((folder) => paths.has(folder))) {
      return undefined;
    }
  }
  const changes = new Map<string, { mode: string; oid: string }>();
  for (const { path, now } of others) {
    if (now !== undefined) changes.set(path, { mode: now.mode, oid: now.oid });
  }
  return trees.withRaw(oursTree, changes);
}

const isPlain = ({ old, now }: TreeDifference): boolean =>
  now !== undefined && now.mode !== GITLINK_MODE && (old === undefined || old.mode === now.mode);

function foldersOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    folders.push(path.slice(0, slash));
  }
  return folders;
}
