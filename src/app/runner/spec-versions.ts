import { join } from "node:path";
import { isBroken, parseSpec, type Spec } from "../../domain/spec.ts";
import { parseSpecBytes } from "../../domain/spec-bytes.ts";
import { parseCommit } from "../../git/commit.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { Trees } from "../../git/tree.ts";
import { readBytesIfExists } from "../../host/files.ts";
import { specPath } from "../../store/places.ts";
import { readWorktreeSpec } from "../../store/worktree-spec.ts";
import type { Launch } from "../engine/launch.ts";

interface Place {
  readonly reader: ObjectReader;
  readonly trees: Trees;
}

type Of = Pick<Launch, "id" | "base" | "target" | "spec" | "repo">;

/** Returns the spec of a run as it began; undefined where it could not be read. */
export const specAtStart = async (place: Place, launch: Of): Promise<Spec | undefined> =>
  launch.spec === undefined
    ? await specAt(place, launch, launch.base)
    : readableSpec(launch, Buffer.from(launch.spec));

/** Returns the spec of a run as the target has it, which no agent writes; in a silent project the disk is what the target is elsewhere. */
export async function specOnTarget(place: Place, launch: Of): Promise<Spec | undefined> {
  const { id, target, repo, spec } = launch;
  if (spec !== undefined) return readableSpec(launch, await readBytesIfExists(join(repo.home, specPath(id))));
  const commit = target === undefined ? undefined : await place.reader.resolve(target);
  return commit === undefined ? undefined : await specAt(place, launch, commit);
}

/** Returns the spec of a run as a commit has it. */
export async function specAt(
  { reader, trees }: Place,
  launch: Pick<Launch, "id">,
  commit: string,
): Promise<Spec | undefined> {
  const { tree } = parseCommit((await reader.require(commit)).content);
  const entry = await trees.find(tree, specPath(launch.id));
  return readableSpec(launch, entry === undefined ? undefined : (await reader.read(entry.oid))?.content);
}

/** Reads a spec whose faults are told elsewhere. */
export function readableSpec({ id }: Pick<Launch, "id">, bytes: Buffer | undefined): Spec | undefined {
  const spec = bytes === undefined ? undefined : parseSpecBytes(id, bytes);
  return spec === undefined || isBroken(spec) ? undefined : spec;
}

/**
 * Returns the spec as its agent is told it: as the worktree has it, with what is ticked there; where an earlier agent took
 * it away or broke it, as the run began.
 */
export async function specToTell(launch: Launch): Promise<Spec> {
  const text = await readWorktreeSpec(launch.worktree.path, launch.id);
  const spec = text === undefined ? undefined : parseSpec(launch.id, text);
  if (spec !== undefined && !isBroken(spec)) return spec;
  using reader = new ObjectReader(launch.repo);
  const began = await specAtStart({ reader, trees: new Trees(launch.repo, reader) }, launch);
  if (began === undefined) throw new Error(`${launch.id} cannot be read in its worktree, nor where it began`);
  return began;
}
