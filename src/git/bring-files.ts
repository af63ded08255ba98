import { dirname, join } from "node:path";
import {
  hasCode,
  makeFolder,
  readBytesIfExists,
  readLinkTarget,
  readUserFile,
  removeEmptyFolder,
  removeFile,
  statIfExists,
  writeAtomic,
} from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { unreachable } from "../kit/unreachable.ts";
import { decodeUtf8 } from "../kit/utf8.ts";
import { mergeSpec } from "../domain/merge-spec.ts";
import { parseCommit } from "./commit.ts";
import { indexCopy } from "./home-lock.ts";
import type { Intent } from "./intent.ts";
import { ObjectReader } from "./object-reader.ts";
import { hashObject } from "./objects.ts";
import { git, type GitPlace, gitText } from "./program.ts";
import type { Repository } from "./repository.ts";
import { LINK_MODE, rawPath, readablePath, type TreeDifference, Trees } from "./tree.ts";

/** Where the files of a landing that was cut off shall go. */
export interface Direction {
  readonly isForward: boolean;
  /** Where the branch stands now; undefined when it is gone. */
  readonly reached: string | undefined;
  /** Paths that a sparse checkout leaves out. */
  readonly leftOut: ReadonlySet<string>;
}

/** A path that the landing changes, and what the branch holds there now. */
export interface Change extends TreeDifference {
  readonly onBranch: TreeDifference["now"];
}

/** Where the files are, and what to read objects with. */
interface Scene {
  readonly repo: Repository;
  readonly reader: ObjectReader;
  readonly root: string;
  /** The checkout, with the index whose attributes count. */
  readonly place: GitPlace;
}

/** What stands at a path, as git would record it; `other` for what is neither a file nor a link. */
type Found =
  | { readonly kind: "file"; readonly mode: string; readonly oids: readonly string[] }
  | { readonly kind: "missing" }
  | { readonly kind: "other" };

type Side = TreeDifference["now"];

/**
 * Brings the files of a landing to its new or its old state, and returns what it changes. Only a file that is as the
 * landing found it, made it, or was making it when it was cut off is touched. Anything else is the user's, and so is
 * what is as their branch has it. All of it is flushed, as nobody will look at it again.
 */
export async function bringFiles(
  repo: Repository,
  intent: Intent,
  place: GitPlace,
  direction: Direction,
): Promise<readonly Change[]> {
  using reader = new ObjectReader(repo);
  const scene: Scene = { repo, reader, place, root: intent.checkout };
  const changes = await changesOf(scene, intent, direction.reached);
  const owned = new Map(intent.owned.map((file) => [file.path, file]));
  const wantedBy = (change: Change): Side => (direction.isForward ? change.now : change.old);
  // What goes makes room: a folder for a file, a file for a folder.
  const goFirst = changes.toSorted(
    (a, b) => Number(wantedBy(a) !== undefined) - Number(wantedBy(b) !== undefined),
  );
  for (const change of goFirst) {
    const path = readablePath(change.path);
    const mine = owned.get(path);
    const isByGit = mine === undefined || mine.isByGit === true;
    const isDone =
      isByGit &&
      (direction.leftOut.has(path) || (await bringFile(scene, change, wantedBy(change))) === "there");
    if (mine !== undefined && !isDone) await bringOwned(scene, change, mine, direction.isForward);
  }
  await flushFiles(changes.map((change) => join(scene.root, readablePath(change.path))));
  return changes;
}

async function changesOf(
  { repo, reader }: Scene,
  { from, to }: Intent,
  reached: string | undefined,
): Promise<readonly Change[]> {
  const trees = new Trees(repo, reader);
  const treeOf = async (commit: string): Promise<string> =>
    parseCommit((await reader.require(commit)).content).tree;
  const [before, after] = await Promise.all([treeOf(from), treeOf(to)]);
  const changes = await trees.diff(before, after);
  if (reached === undefined) return changes.map((change) => ({ ...change, onBranch: change.old }));
  const since = await trees.diff(after, await treeOf(reached));
  const changedSince = new Map(since.map((change) => [change.path, change.now]));
  return changes.map((change) => ({
    ...change,
    onBranch: changedSince.has(change.path) ? changedSince.get(change.path) : change.now,
  }));
}

/** Brings a file that git wrote, or began to; `theirs` where something else of the user's stands there, untouched. */
async function bringFile(scene: Scene, change: Change, wanted: Side): Promise<"there" | "theirs"> {
  const path = readablePath(change.path);
  // A name that is no UTF-8 cannot be reached from here.
  const state = rawPath(path) === change.path ? await stateAt(scene, path, change, wanted) : "theirs";
  if (state !== "to bring") return state;
  await removeFile(join(scene.root, path));
  if (wanted === undefined) await removeEmptyAbove(scene.root, path);
  else await writeThroughFilters(scene.place, path, wanted);
  return "there";
}

async function stateAt(
  scene: Scene,
  path: string,
  change: Change,
  wanted: Side,
): Promise<"there" | "to bring" | "theirs"> {
  const { old, now, onBranch } = change;
  const found = await findAt(scene, path, [old, now, onBranch]);
  const isAs = (side: Side): Promise<boolean> => isAt(scene, found, side);
  if ((await isAs(wanted)) || (await isAs(onBranch))) return "there";
  switch (found.kind) {
    case "missing":
      // git removes a file before it writes it, so either side may look like this.
      return "to bring";
    case "other":
      return "theirs";
    case "file":
      return (await isAs(old)) || (await isAs(now)) || (await isBeginning(scene, path, found.mode, now))
        ? "to bring"
        : "theirs";
    default:
      return unreachable(found);
  }
}

/** Tells whether a file was being written when the landing was cut off. */
async function isBeginning(scene: Scene, path: string, mode: string, now: Side): Promise<boolean> {
  if (now?.mode !== mode || mode === LINK_MODE) return false;
  const bytes = (await readBytesIfExists(join(scene.root, path))) ?? Buffer.alloc(0);
  const whole = (await scene.reader.read(now.oid))?.content;
  return whole?.subarray(0, bytes.length).equals(bytes) === true;
}

async function findAt({ repo, place, root }: Scene, path: string, sides: readonly Side[]): Promise<Found> {
  const above = await folderAbove(root, path);
  if (above !== "there") return { kind: above };
  const stat = await statIfExists(join(root, path));
  if (stat === undefined) return { kind: "missing" };
  if (stat.isSymbolicLink()) {
    const target = await readLinkTarget(join(root, path));
    return { kind: "file", mode: LINK_MODE, oids: [hashObject(repo.hash, "blob", target)] };
  }
  const bytes = (await readUserFile(join(root, path))) ?? Buffer.alloc(0);
  if (bytes === "unreadable") return { kind: "other" };
  const oid = hashObject(repo.hash, "blob", bytes);
  const mode = (stat.mode & 0o100) === 0 ? "100644" : "100755";
  if (sides.some((side) => side?.oid === oid)) return { kind: "file", mode, oids: [oid] };
  // Through the user's filters and line ends the same content may look different on disk.
  const filtered = await gitText(place, ["hash-object", `--path=${path}`, "--stdin"], { input: bytes });
  return { kind: "file", mode, oids: [oid, filtered] };
}

async function folderAbove(root: string, path: string): Promise<"there" | "missing" | "other"> {
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const above = await statIfExists(join(root, path.slice(0, slash)));
    if (above === undefined) return "missing";
    // Behind a file there is nothing, and what is behind a link is not the checkout's.
    if (!above.isDirectory()) return "other";
  }
  return "there";
}

async function isAt({ place }: Scene, found: Found, side: Side): Promise<boolean> {
  if (found.kind !== "file") return found.kind === "missing" && side === undefined;
  if (side === undefined || !found.oids.includes(side.oid)) return false;
  if (found.mode === side.mode) return true;
  return found.mode !== LINK_MODE && side.mode !== LINK_MODE && !(await hasFileModes(place));
}

/** False where git does not look at what is executable, because the filesystem does not keep it. */
async function hasFileModes(place: GitPlace): Promise<boolean> {
  const args = ["config", "--type=bool", "--get", "core.fileMode"];
  return (await gitText(place, args, { accept: [0, 1] })) !== "false";
}

/** Removes the folders above a path that are empty, as git does. */
async function removeEmptyAbove(root: string, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    if (!(await removeEmptyFolder(join(root, folder)))) return;
  }
}

/** Writes one file of a commit into the checkout as the user's git would: line ends, filters, mode, links. */
async function writeThroughFilters(
  place: GitPlace,
  path: string,
  entry: { readonly mode: string; readonly oid: string },
): Promise<void> {
  // What a git that is killed leaves of it goes with the other copies, before anybody tries again.
  const indexFile = indexCopy(place.gitDir, "one");
  const aside: GitPlace = { ...place, indexFile };
  try {
    await git(aside, ["update-index", "-z", "--index-info"], {
      input: `${entry.mode} ${entry.oid}\t${path}\0`,
    });
    await git(aside, ["checkout-index", "-f", "-q", "-z", "--stdin"], { input: `${path}\0` });
  } finally {
    await removeFile(indexFile);
    await removeFile(`${indexFile}.lock`);
  }
}

/**
 * An owned file holds one content or the other, whole; anything else the user has written since. Their edit stays, but
 * for what the landing changes there: with the old status under a new commit it would take that back.
 */
async function bringOwned(
  { repo, reader, root }: Scene,
  change: Change,
  oids: Intent["owned"][number],
  isForward: boolean,
): Promise<void> {
  const file = join(root, oids.path);
  const bytes = await readUserFile(file);
  if (bytes === "unreadable") return;
  const oid = bytes === undefined ? undefined : hashObject(repo.hash, "blob", bytes);
  const [from, to] = isForward ? [oids.beforeOid, oids.afterOid] : [oids.afterOid, oids.beforeOid];
  if (oids.afterOid === undefined || oid === to || oid === change.onBranch?.oid) return;
  const wanted = to === undefined ? undefined : (await reader.require(to)).content;
  let content = wanted;
  if (oid !== from) {
    if (bytes === undefined || from === undefined || wanted === undefined) return;
    content = withEdit((await reader.require(from)).content, wanted, bytes);
    if (content === undefined) return;
  }
  if (content === undefined) return removeFile(file);
  try {
    await makeFolder(dirname(file));
  } catch (error) {
    // The user has put a file in the folder's place.
    if (hasCode(error, "EEXIST", "ENOTDIR")) return;
    throw error;
  }
  const mode = (await statIfExists(file))?.mode;
  await writeAtomic(file, content, mode === undefined ? 0o644 : mode & 0o777);
}

/** The user's edit of a spec, with what changes from one side to the other; undefined where both changed the same. */
function withEdit(from: Buffer, to: Buffer, edited: Buffer): Buffer | undefined {
  const [base, ours, theirs] = [from, to, edited].map(decodeUtf8);
  if (base === undefined || ours === undefined || theirs === undefined || theirs.includes("\r")) {
    return undefined;
  }
  const merged = mergeSpec({ base, ours, theirs });
  return merged.ok ? Buffer.from(merged.text, "utf8") : undefined;
}
