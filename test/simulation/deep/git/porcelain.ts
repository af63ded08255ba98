import type { Machine } from "../machine.ts";
import {
  type Checkout,
  checkoutOf,
  entryAt,
  filesOf,
  removeFile,
  writeFile as checkOutFile,
} from "./checkout.ts";
import { type Flushing, GitFailure, isSame } from "./store.ts";

/** Writes a file as a careful editor does: whole, and flushed. */
export function saveFile(machine: Machine, path: string, text: string): void {
  writeFile(machine, path, text);
  machine.disk.flush(path, machine.disk.file(path));
}

/** Writes a file as agents do, which leave it to chance what a loss of power keeps of it. */
export function writeFile({ disk }: Machine, path: string, text: string): void {
  disk.makeFolders(path.slice(0, path.lastIndexOf("/")));
  disk.write(path, disk.create(path, 0o644, {}), Buffer.from(text));
}

/** A checkout as the user, or an agent in its worktree, runs git in it. */
export function checkoutAt(
  machine: Machine,
  workTree: string,
  flushing: Flushing = { isFlushing: true },
): Checkout {
  const link = machine.disk.text(`${workTree}/.git`);
  const gitDir = link === undefined ? `${workTree}/.git` : link.replace(/^gitdir: /, "").trim();
  return checkoutOf(machine, { GIT_DIR: gitDir, GIT_WORK_TREE: workTree }, flushing);
}

/** `git add`: one path, or all there is. */
export function add(at: Checkout, only?: string): void {
  const index = at.index();
  const paths = only === undefined ? new Set([...index.keys(), ...filesOf(at)]) : [only];
  for (const path of paths) {
    const entry = entryAt(at, path);
    if (entry === undefined) index.delete(path);
    else {
      at.store.write("blob", at.machine.disk.read(`${at.workTree}/${path}`));
      index.set(path, entry);
    }
  }
  at.write(index);
}

/** `git commit`: what is staged, or with `isAll` also what is modified or gone. Nothing to commit is nothing done. */
export function commit(at: Checkout, message: string, isAll = false): string | undefined {
  const { store, machine, gitDir } = at;
  const index = at.index();
  if (isAll) {
    for (const [path, old] of index) {
      const entry = entryAt(at, path);
      if (entry === undefined) index.delete(path);
      else if (!isSame(entry, old)) {
        store.write("blob", machine.disk.read(`${at.workTree}/${path}`));
        index.set(path, entry);
      }
    }
  }
  const head = machine.disk.text(`${gitDir}/HEAD`)?.trim() ?? "";
  const parent = store.ref("HEAD", gitDir);
  store.requireNamed(index);
  const tree = store.writeTree(index);
  if (parent === undefined) throw new GitFailure("no commit yet");
  if (store.commit(parent).tree === tree) return undefined;
  // git locks the index before it moves the branch, and puts the new one in place after it.
  const lock = store.lock(at.indexFile);
  const made = store.writeCommit(tree, [parent], message);
  try {
    moveHead(at, head, made, parent);
  } finally {
    machine.disk.unlink(lock);
  }
  at.write(index);
  return made;
}

function moveHead({ store, machine, gitDir }: Checkout, head: string, to: string, from: string): void {
  if (head.startsWith("ref: ")) return store.swap(head.slice(5), to, from);
  machine.seenCommits.add(to);
  store.replace(`${gitDir}/HEAD`, Buffer.from(`${to}\n`));
}

/** `git switch --detach`, or `git switch -c NAME`. */
export function leaveBranch(at: Checkout, name: string | undefined): void {
  const { store, gitDir } = at;
  const commitNow = store.ref("HEAD", gitDir) ?? "";
  if (name !== undefined) store.swap(`refs/heads/${name}`, commitNow, undefined);
  store.replace(
    `${gitDir}/HEAD`,
    Buffer.from(name === undefined ? `${commitNow}\n` : `ref: refs/heads/${name}\n`),
  );
}

/** `git switch NAME`: refuses to touch what is modified, as git does. */
export function switchTo(at: Checkout, name: string): void {
  const { store, gitDir, machine } = at;
  machine.disk.unlink(store.lock(at.indexFile));
  const [from, to] = [store.ref("HEAD", gitDir), store.ref(`refs/heads/${name}`)];
  if (from === undefined || to === undefined) throw new GitFailure(`no branch ${name}`);
  const [before, after, index] = [store.files(from), store.files(to), at.index()];
  const changes = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => !isSame(before.get(path), after.get(path)),
  );
  for (const path of changes) {
    const isClean = isSame(index.get(path), before.get(path)) && isSame(entryAt(at, path), before.get(path));
    if (!isClean) throw new GitFailure(`your local changes to ${path} would be overwritten`);
  }
  for (const path of changes) {
    const entry = after.get(path);
    if (entry === undefined) {
      removeFile(at, path);
      index.delete(path);
    } else {
      checkOutFile(at, path, entry);
      // Their own git would leave it to chance what a loss of power keeps of this: that is between those two.
      machine.disk.flush(`${at.workTree}/${path}`, machine.disk.find(`${at.workTree}/${path}`));
      index.set(path, entry);
    }
  }
  at.write(index);
  store.replace(`${gitDir}/HEAD`, Buffer.from(`ref: refs/heads/${name}\n`));
}
