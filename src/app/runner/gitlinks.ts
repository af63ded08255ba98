import { isNamedBy } from "../../domain/steering.ts";
import type { ObjectReader } from "../../git/object-reader.ts";
import { GITLINK_MODE, readablePath, type TreeDifference, type Trees } from "../../git/tree.ts";
import type { Launch } from "../engine/launch.ts";
import { specAtStart } from "./spec-versions.ts";

/** What an agent did to repositories inside its worktree, as far as that waits for a person. */
interface Gitlinks {
  /** Submodules that it added, moved or removed, and that its spec does not name. */
  readonly changed: readonly string[];
  /** Repositories that nothing knows of. */
  readonly nested: readonly string[];
}

/**
 * Looks through changes for repositories inside the worktree: a commit has but the name of a commit of theirs.
 * @param tree what the worktree holds
 */
export async function gitlinksIn(
  place: { readonly reader: ObjectReader; readonly trees: Trees },
  launch: Launch,
  tree: string,
  changes: readonly TreeDifference[],
): Promise<Gitlinks> {
  const gitlinks = changes.filter(
    (change) => change.old?.mode === GITLINK_MODE || change.now?.mode === GITLINK_MODE,
  );
  if (gitlinks.length === 0) return { changed: [], nested: [] };
  const known = await submodulesOf(place, tree);
  const isKnown = (change: TreeDifference): boolean =>
    change.old !== undefined || known.includes(readablePath(change.path));
  const nested = pathsOf(gitlinks.filter((change) => !isKnown(change)));
  // A person has looked, and says that it is to land.
  if (launch.judgeOnly?.forcedBy !== undefined) return { changed: [], nested };
  const isNamed = isNamedBy((await specAtStart(place, launch))?.targetFiles ?? []);
  return { changed: pathsOf(gitlinks.filter(isKnown)).filter((path) => !isNamed(path)), nested };
}

const pathsOf = (changes: readonly TreeDifference[]): readonly string[] => [
  ...new Set(changes.map(({ path }) => readablePath(path))),
];

/** Returns the paths that `.gitmodules` names in a tree. */
async function submodulesOf(
  { reader, trees }: { readonly reader: ObjectReader; readonly trees: Trees },
  tree: string,
): Promise<readonly string[]> {
  const entry = await trees.find(tree, ".gitmodules");
  const text = entry === undefined ? undefined : (await reader.read(entry.oid))?.content.toString("utf8");
  return (text ?? "").split("\n").flatMap((line) => {
    const [key = "", ...value] = line.split("=");
    return key.trim() === "path" ? [value.join("=").trim().replaceAll(/^"|"$/g, "")] : [];
  });
}
