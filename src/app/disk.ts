import { dirname, join } from "node:path";
import { realPath, statIfExists } from "../host/files.ts";
import { measureTree } from "../host/measure-tree.ts";
import { listProgramCopies } from "../host/program-copies.ts";
import { programFolder } from "../host/own-program.ts";
import { SNAPSHOT_PREFIX, snapshotBytes } from "../git/snapshot.ts";
import { checkoutsOf } from "../git/repository.ts";
import { readConfig } from "../store/config.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

/** What one kind of thing takes. */
export interface DiskKind {
  readonly kind:
    | "worktrees"
    | "runs"
    | "logs"
    | "specs"
    | "archive"
    | "store"
    | "snapshots"
    | "programs"
    | "other";
  /** The folder that they are in, or how their refs begin. */
  readonly place: string;
  /** How many there are: worktrees, refs, copies, else files. */
  readonly count: number;
  readonly bytes: number;
  readonly paths?: readonly { readonly path: string; readonly bytes: number }[];
}

export interface DiskUse {
  readonly kinds: readonly DiskKind[];
  readonly bytes: number;
}

/** Measures what chant uses. Only reads; what goes while it looks does not count. */
export async function diskUse(workspace: Workspace): Promise<DiskUse> {
  await requireInitialised(workspace);
  const { repo, places } = workspace;
  const config = await readConfig(places);
  const folder = async (
    kind: DiskKind["kind"],
    place: string,
    isLeftOut?: (path: string) => boolean,
  ): Promise<DiskKind> => {
    const { files, bytes } = await measureTree(place, isLeftOut === undefined ? {} : { isLeftOut });
    return { kind, place, count: files.length, bytes };
  };
  const kinds: DiskKind[] = [
    await worktrees(workspace, config.worktree.root),
    await folder("runs", places.work),
    await folder("logs", places.logs),
    await folder("specs", places.specs),
    await folder("archive", join(repo.home, config.lifecycle.specs.archive.location)),
    await folder("store", join(places.chant, ".store")),
    { kind: "snapshots", place: SNAPSHOT_PREFIX, ...(await snapshotBytes(repo)) },
    await programs(),
    await folder("other", places.own, (path) => path === "work"),
  ];
  return { kinds, bytes: kinds.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Those of this repository whose folders chant named. */
async function worktrees({ repo }: Workspace, root: string): Promise<DiskKind> {
  const place = await realPath(root).catch(() => root);
  const paths: { path: string; bytes: number }[] = [];
  for (const { path } of await checkoutsOf(repo)) {
    const isOurs = dirname(path) === place && /\/chant-[^/]+$/.test(path);
    if (!isOurs || (await statIfExists(path)) === undefined) continue;
    paths.push({ path, bytes: (await measureTree(path)).bytes });
  }
  const bytes = paths.reduce((sum, each) => sum + each.bytes, 0);
  return { kind: "worktrees", place, count: paths.length, bytes, paths };
}

async function programs(): Promise<DiskKind> {
  const copies = await listProgramCopies();
  const paths = copies.map(({ path, bytes }) => ({ path, bytes }));
  const bytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
  return { kind: "programs", place: programFolder(), count: copies.length, bytes, paths };
}
