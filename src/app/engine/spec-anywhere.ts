import { join } from "node:path";
import type { SpecId } from "../../domain/id.ts";
import { statIfExists } from "../../host/files.ts";
import { parseCommit } from "../../git/commit.ts";
import { isReadable } from "../../git/damage.ts";
import type { ObjectReader } from "../../git/object-reader.ts";
import type { Trees } from "../../git/tree.ts";
import { specPath } from "../../store/places.ts";

/** Where to look for a spec: local branches and checkouts, but for those of its own run. */
export interface SpecPlaces {
  readonly reader: ObjectReader;
  readonly trees: Trees;
  /** Full ref names. */
  readonly branches: readonly string[];
  readonly checkouts: readonly string[];
  readonly except: { readonly branch: string; readonly path: string };
}

/** Tells whether a spec stands anywhere, archived or not: on a local branch, or on the disk of a checkout. */
export async function existsAnywhere(id: SpecId, places: SpecPlaces): Promise<boolean> {
  const { reader, trees, branches, checkouts, except } = places;
  const paths = pathsOf(id);
  for (const checkout of checkouts) {
    if (checkout === except.path) continue;
    const stats = await Promise.all(paths.map((path) => statIfExists(join(checkout, path))));
    if (stats.some((stat) => stat !== undefined)) return true;
  }
  for (const branch of branches) {
    const tip = branch === `refs/heads/${except.branch}` ? undefined : await reader.resolve(branch);
    // Of a branch that is damaged nobody can tell, and it is not to hold back the others.
    if (tip === undefined || !(await isReadable(reader, tip))) continue;
    const { tree } = parseCommit((await reader.require(tip)).content);
    for (const path of paths) if ((await trees.find(tree, path)) !== undefined) return true;
  }
  return false;
}

function pathsOf(id: SpecId): readonly string[] {
  const archived = `.chant/archive/${id.slice(0, 4)}/${id.slice(5, 7)}/${id}.md`;
  return [specPath(id), archived, `${archived}.gz`];
}
