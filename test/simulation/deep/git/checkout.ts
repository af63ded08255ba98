import type { Machine } from "../machine.ts";
import { type Entry, type Files, type Flushing, hashOf, notSimulated, Store } from "./store.ts";

type Env = Readonly<Record<string, string>>;

/** Files on disk with an index over them: a checkout, or a shadow that looks at one. */
export interface Checkout {
  readonly store: Store;
  readonly machine: Machine;
  readonly gitDir: string;
  readonly workTree: string;
  readonly indexFile: string;
  /** Whether the user's own settings count. */
  readonly isUsers: boolean;
  index(): Files;
  write(files: Files): void;
}

/** Returns the place that git's variables name. */
export function checkoutOf(machine: Machine, env: Env, flushing: Flushing): Checkout {
  const gitDir = env["GIT_DIR"] ?? notSimulated("git without GIT_DIR");
  const link = machine.disk.text(`${gitDir}/commondir`)?.trim();
  const commonDir = link === undefined ? gitDir : resolveUp(gitDir, link);
  const store = new Store(machine, commonDir, flushing, env["GIT_OBJECT_DIRECTORY"]);
  const indexFile = env["GIT_INDEX_FILE"] ?? `${gitDir}/index`;
  return {
    store,
    machine,
    gitDir,
    workTree: env["GIT_WORK_TREE"] ?? "",
    indexFile,
    isUsers: env["GIT_CONFIG_NOSYSTEM"] === undefined || env["GIT_CONFIG_NOSYSTEM"] === "",
    index: () => store.readIndex(indexFile),
    write: (files) => store.writeIndex(indexFile, files),
  };
}

function resolveUp(from: string, link: string): string {
  const parts = from.split("/");
  for (const part of link.split("/")) {
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** What stands at a path, as git would record it; undefined when there is no file. */
export function entryAt(
  { machine, workTree }: Pick<Checkout, "machine" | "workTree">,
  path: string,
): Entry | undefined {
  const node = machine.disk.find(`${workTree}/${path}`);
  if (node?.kind !== "file") return undefined;
  return { mode: (node.mode & 0o100) === 0 ? "100644" : "100755", oid: hashOf("blob", node.data) };
}

/** Writes a file as git does: the old one goes first, and nothing is flushed. */
export function writeFile({ machine, workTree, store }: Checkout, path: string, entry: Entry): void {
  const { disk } = machine;
  const full = `${workTree}/${path}`;
  const { content } = store.require(entry.oid);
  if (disk.find(full)?.kind === "file") disk.unlink(full);
  disk.makeFolders(full.slice(0, full.lastIndexOf("/")));
  disk.write(full, disk.create(full, entry.mode === "100755" ? 0o755 : 0o644, { exclusive: true }), content);
}

/** Removes a file, and the folders that are empty without it. */
export function removeFile(
  { machine, workTree }: Pick<Checkout, "machine" | "workTree">,
  path: string,
): void {
  const { disk } = machine;
  if (disk.find(`${workTree}/${path}`)?.kind === "file") disk.unlink(`${workTree}/${path}`);
  for (let folder = above(path); folder !== ""; folder = above(folder)) {
    const node = disk.find(`${workTree}/${folder}`);
    if (node?.kind !== "folder" || node.entries.size > 0) return;
    disk.removeFolder(`${workTree}/${folder}`);
  }
}

const above = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Every file below a checkout that git looks at and no pattern of `info/exclude` or `.gitignore` leaves out. */
export function filesOf({
  machine,
  workTree,
  gitDir,
  store,
}: Pick<Checkout, "machine" | "workTree" | "gitDir" | "store">): string[] {
  const { disk } = machine;
  const patterns = [
    // A shadow has its own; that of a repository holds in all its worktrees.
    ...[...new Set([gitDir, store.commonDir])].flatMap((folder) =>
      patternsIn(disk.text(`${folder}/info/exclude`) ?? "", ""),
    ),
    ...patternsIn(disk.text(`${workTree}/.chant/.gitignore`) ?? "", ".chant/"),
  ];
  return disk.filesBelow(workTree).filter((path) => {
    if (path === ".git" || path.startsWith(".git/")) return false;
    return !patterns.some(
      (pattern) => path === pattern || path.startsWith(pattern.endsWith("/") ? pattern : `${pattern}/`),
    );
  });
}

/** Only names from the top of their folder; a plain name counts as one of those. */
function patternsIn(text: string, folder: string): string[] {
  return text.split("\n").flatMap((line) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    if (/[*?[\]!\\]/.test(line)) return notSimulated(`the pattern ${line}`);
    return [folder + line.replace(/^\//, "")];
  });
}
