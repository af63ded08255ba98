import { type Checkout, entryAt, filesOf, removeFile, writeFile } from "./checkout.ts";
import type { Answer } from "./program.ts";
import { type Entry, type Files, GitFailure, hashOf, isSame, notSimulated, type Store } from "./store.ts";

const has = (args: readonly string[], ...names: readonly string[]): boolean =>
  names.every((name) => args.includes(name));
const afterDashes = (args: readonly string[]): readonly string[] =>
  args.includes("--") ? args.slice(args.indexOf("--") + 1) : [];
const isBelow = (path: string, folders: readonly string[]): boolean =>
  folders.length === 0 || folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** Returns the object that a name stands for: an object's own, a ref's, or `REF:PATH`. */
export function resolve(store: Store, name: string, gitDir?: string): string | undefined {
  if (/^[0-9a-f]{40}$/.test(name)) return name;
  const [ref = "", path] = name.split(":");
  const commit = /^[0-9a-f]{40}$/.test(ref) ? ref : store.ref(ref, gitDir);
  if (path === undefined || commit === undefined) return commit;
  return store.files(commit).get(path)?.oid;
}

export function config(at: Checkout, args: readonly string[]): Answer {
  if (has(args, "--get", "core.fileMode")) return "true\n";
  if (!has(args, "--list", "-z")) return notSimulated(`git config ${args.join(" ")}`);
  const items: string[] = at.isUsers ? ["user.name\nTest User", "user.email\ntest@example.com"] : [];
  let section = "";
  for (const line of (at.machine.disk.text(`${at.store.commonDir}/config`) ?? "").split("\n")) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^\t(\w+) = (.*)$/.exec(line) ?? [];
    if (key !== undefined) items.push(`${section.toLowerCase()}.${key.toLowerCase()}\n${value ?? ""}`);
  }
  return items.map((item) => `${item}\0`).join("");
}

export function revParse({ store, gitDir }: Checkout, args: readonly string[]): Answer {
  const name = /^(.+)\^\{commit\}$/.exec(args.at(-1) ?? "")?.[1];
  if (!has(args, "--verify", "--quiet") || name === undefined) {
    return notSimulated(`git rev-parse ${args.join(" ")}`);
  }
  const oid = resolve(store, name, gitDir);
  return oid === undefined || store.object(oid)?.type !== "commit" ? { status: 1 } : `${oid}\n`;
}

export function forEachRef(store: Store, args: readonly string[]): Answer {
  const [format = "", ...prefixes] = args.map((arg) => arg.replace(/^--format=/, ""));
  if (/%(?!\((objectname|refname)\))/.test(format) || prefixes.some((each) => each.startsWith("-"))) {
    return notSimulated(`git for-each-ref ${args.join(" ")}`);
  }
  const isAsked = (name: string): boolean =>
    prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix));
  const found = [...store.refs()].filter(([name]) => isAsked(name));
  return found
    .map(([name, oid]) => format.replace("%(objectname)", oid).replace("%(refname)", name))
    .map((line) => `${line}\n`)
    .join("");
}

export function updateRef(store: Store, args: readonly string[]): Answer {
  const words = args.filter((arg, at) => arg !== "--no-deref" && arg !== "-m" && args[at - 1] !== "-m");
  if (!args.includes("--no-deref")) return notSimulated(`git update-ref ${args.join(" ")}`);
  const isDelete = words[0] === "-d";
  const [ref = "", ...oids] = isDelete ? words.slice(1) : words;
  const [to, from = ""] = isDelete ? [undefined, oids[0]] : oids;
  store.swap(ref, to, /^0+$/.test(from) ? undefined : from);
  return "";
}

export function mergeBase(store: Store, args: readonly string[]): Answer {
  const [a = "", b = ""] = args.filter((arg) => !arg.startsWith("--"));
  if (args.includes("--is-ancestor")) {
    for (const oid of [a, b]) {
      if (store.object(oid) === undefined) throw new GitFailure(`Not a valid commit name ${oid}`);
    }
    return { status: store.reachable([b]).has(a) ? 0 : 1 };
  }
  const base = store.mergeBase(a, b);
  return base === undefined ? { status: 1 } : `${base}\n`;
}

/** File by file: what both sides changed differently is a conflict, even where git would bring the lines together. */
export function mergeTree(store: Store, args: readonly string[]): Answer {
  if (!has(args, "--write-tree", "-z", "--name-only")) {
    return notSimulated(`git merge-tree ${args.join(" ")}`);
  }
  const [ours = "", theirs = ""] = args.filter((arg) => !arg.startsWith("-"));
  const base = store.mergeBase(ours, theirs);
  const [before, mine, other] = [base, ours, theirs].map((oid): Files =>
    oid === undefined ? new Map() : store.files(oid),
  );
  const merged: Files = new Map(mine);
  const conflicts: string[] = [];
  for (const path of new Set([
    ...(before?.keys() ?? []),
    ...(mine?.keys() ?? []),
    ...(other?.keys() ?? []),
  ])) {
    const [old, ourSide, theirSide] = [before?.get(path), mine?.get(path), other?.get(path)];
    if (isSame(theirSide, old) || isSame(theirSide, ourSide)) continue;
    if (!isSame(ourSide, old)) conflicts.push(path);
    else if (theirSide === undefined) merged.delete(path);
    else merged.set(path, theirSide);
  }
  const out = [store.writeTree(merged), ...conflicts].map((each) => `${each}\0`).join("");
  return { status: conflicts.length > 0 ? 1 : 0, out };
}

export function revList(store: Store, args: readonly string[]): Answer {
  if (!has(args, "--objects", "--parents", "--reverse")) {
    return notSimulated(`git rev-list ${args.join(" ")}`);
  }
  const tips = args.filter((arg) => /^[0-9a-f]{40}$/.test(arg));
  const without = store.reachable(args.flatMap((arg) => /^\^([0-9a-f]{40})$/.exec(arg)?.[1] ?? []));
  const found = oldestFirst(store, tips, without);
  const objects = new Set(
    found.flatMap((oid) => [...store.trees(oid), ...[...store.files(oid).values()].map((each) => each.oid)]),
  );
  for (const oid of objects) store.require(oid);
  const commits = found.map((oid) => [oid, ...store.commit(oid).parents].join(" "));
  return [...commits, ...[...objects].map((oid) => `${oid} `)].map((line) => `${line}\n`).join("");
}

function oldestFirst(store: Store, tips: readonly string[], without: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  const seen = new Set(without);
  const visit = (oid: string): void => {
    if (seen.has(oid)) return;
    seen.add(oid);
    for (const parent of store.commit(oid).parents) visit(parent);
    found.push(oid);
  };
  for (const tip of tips) visit(tip);
  return found;
}

export function log(store: Store, args: readonly string[]): Answer {
  const words = args.find((arg) => arg.startsWith("--grep="))?.slice(7);
  const format = args.find((arg) => arg.startsWith("--format="))?.slice(9);
  const range = args[args.indexOf("--end-of-options") + 1] ?? "";
  if (words === undefined) return notSimulated(`git log ${args.join(" ")}`);
  const isFound = (oid: string): boolean => store.commit(oid).message.includes(words);
  if (format === "%B%x00") {
    const [base = "", tip = ""] = range.split("..");
    const commits = oldestFirst(store, [tip], store.reachable([base])).filter(isFound);
    return commits.map((oid) => `${store.commit(oid).message}\0\n`).join("");
  }
  if (format !== "%H%x00%cI%x00%s" || !has(args, "-1", "--first-parent")) {
    return notSimulated(`git log ${args.join(" ")}`);
  }
  for (let oid = resolve(store, range); oid !== undefined; oid = store.commit(oid).parents[0]) {
    if (isFound(oid)) {
      return `${oid}\0${new Date(0).toISOString()}\0${store.commit(oid).message.split("\n")[0] ?? ""}\n`;
    }
  }
  return "";
}

export function listFiles(at: Checkout, args: readonly string[]): Answer {
  if (!args.includes("-z")) return notSimulated(`git ls-files ${args.join(" ")}`);
  const index = at.index();
  const paths = afterDashes(args);
  const wanted = [...index].filter(([path]) => isBelow(path, paths));
  if (args.includes("-s")) {
    const tag = args.includes("-t") ? "H " : "";
    return wanted.map(([path, { mode, oid }]) => `${tag}${mode} ${oid} 0\t${path}\0`).join("");
  }
  const options = args.filter((arg) => arg.startsWith("--") && arg !== "--");
  // Nothing merges into an index here.
  if (options.includes("--unmerged")) return "";
  if (options.includes("--ignored")) {
    return ignored(at)
      .map((path) => `${path}\0`)
      .join("");
  }
  const gone = wanted.filter(([path]) => entryAt(at, path) === undefined).map(([path]) => path);
  const found: string[] = [];
  for (const option of options) {
    if (option === "--deleted") found.push(...gone);
    else if (option === "--modified") {
      found.push(
        ...wanted.filter(([path, entry]) => !isSame(entryAt(at, path), entry)).map(([path]) => path),
      );
    } else if (option === "--others") {
      found.push(...filesOf(at).filter((path) => !index.has(path)));
      if (!options.includes("--exclude-standard")) found.push(...ignored(at));
    } else if (option !== "--exclude-standard" && option !== "--directory") {
      return notSimulated(`git ls-files ${option}`);
    }
  }
  if (options.length === 0) found.push(...wanted.map(([path]) => path));
  return found.map((path) => `${path}\0`).join("");
}

/** What is neither in the index nor looked at: each file by itself, where git names whole folders. */
function ignored(at: Checkout): readonly string[] {
  const known = new Set([...at.index().keys(), ...filesOf(at)]);
  const all = at.machine.disk.filesBelow(at.workTree);
  return all.filter((path) => !known.has(path) && path !== ".git" && !path.startsWith(".git/"));
}

const itemsOf = (input: string): readonly string[] => input.split("\0").filter((item) => item !== "");

export function updateIndex(at: Checkout, args: readonly string[], input: string): Answer {
  const index = at.index();
  const set = (path: string, entry: Entry | undefined): void => {
    if (entry === undefined) index.delete(path);
    else index.set(path, entry);
  };
  args.forEach((arg, position) => {
    if (arg !== "--cacheinfo") return;
    const [mode = "", oid = "", ...path] = (args[position + 1] ?? "").split(",");
    set(path.join(","), { mode, oid });
  });
  if (args.includes("--index-info")) {
    for (const item of itemsOf(input)) {
      const [, mode = "", oid = "", path = ""] = /^(\d+) (\w+)\t(.+)$/.exec(item) ?? [];
      set(path, mode === "0" ? undefined : { mode, oid });
    }
  } else if (has(args, "--add", "--remove", "--replace", "--stdin")) {
    for (const path of itemsOf(input)) {
      const entry = entryAt(at, path);
      if (entry !== undefined) at.store.write("blob", at.machine.disk.read(`${at.workTree}/${path}`));
      set(path, entry);
    }
  } else if (!args.includes("--refresh")) return notSimulated(`git update-index ${args.join(" ")}`);
  // Where only times are brought up to date git may find nothing to write.
  if (args.some((arg) => ["--cacheinfo", "--index-info", "--stdin"].includes(arg))) at.write(index);
  if (!args.includes("--refresh")) return "";
  const dirty = [...index].filter(([path, entry]) => !isSame(entryAt(at, path), entry));
  return { status: dirty.length > 0 ? 1 : 0, out: dirty.map(([path]) => `${path}: needs update\n`).join("") };
}

/** The two-way merge of an index and its files from one commit to another. All is looked at before anything is changed. */
export function readTree(at: Checkout, args: readonly string[]): Answer {
  const [from = "", to = ""] = args.filter((arg) => /^[0-9a-f]{40}$/.test(arg));
  if (args.length === 1 && from !== "") {
    at.write(at.store.files(from));
    return "";
  }
  if (!has(args, "-m", "-u")) return notSimulated(`git read-tree ${args.join(" ")}`);
  const [before, after, index] = [at.store.files(from), at.store.files(to), at.index()];
  const todo: [string, Entry | undefined][] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now, staged] = [before.get(path), after.get(path), index.get(path)];
    if (isSame(old, now) || isSame(staged, now)) continue;
    const onDisk = entryAt(at, path);
    if (!isSame(staged, old) || (old !== undefined && !isSame(onDisk, old))) {
      return { status: 128, error: `error: Entry '${path}' not uptodate. Cannot merge.\n` };
    }
    if (old === undefined && onDisk !== undefined) {
      return {
        status: 128,
        error: `error: Untracked working tree file '${path}' would be overwritten by merge.\n`,
      };
    }
    todo.push([path, now]);
  }
  at.store.lock(at.indexFile);
  for (const [path, now] of todo.toSorted(
    (a, b) => Number(a[1] !== undefined) - Number(b[1] !== undefined),
  )) {
    if (now === undefined) {
      removeFile(at, path);
      index.delete(path);
    } else {
      writeFile(at, path, now);
      index.set(path, now);
    }
  }
  at.machine.disk.unlink(`${at.indexFile}.lock`);
  at.write(index);
  return "";
}

export function resetHard(at: Checkout, args: readonly string[]): Answer {
  const head = at.store.ref("HEAD", at.gitDir);
  if (!args.includes("--hard") || head === undefined) return notSimulated(`git reset ${args.join(" ")}`);
  const wanted = at.store.files(head);
  for (const path of at.index().keys()) if (!wanted.has(path)) removeFile(at, path);
  for (const [path, entry] of wanted) if (!isSame(entryAt(at, path), entry)) writeFile(at, path, entry);
  at.write(wanted);
  return "";
}

export function diffIndex(at: Checkout, args: readonly string[]): Answer {
  const commit = args.find((arg) => /^[0-9a-f]{40}$/.test(arg));
  if (!has(args, "--cached", "--quiet") || commit === undefined) {
    return notSimulated(`git diff-index ${args.join(" ")}`);
  }
  const [files, index, paths] = [at.store.files(commit), at.index(), afterDashes(args)];
  const isDifferent = [...new Set([...files.keys(), ...index.keys()])].some(
    (path) => isBelow(path, paths) && !isSame(files.get(path), index.get(path)),
  );
  return { status: isDifferent ? 1 : 0 };
}

export function checkoutIndex(at: Checkout, args: readonly string[], input: string): Answer {
  if (!has(args, "-q", "-z", "--stdin")) return notSimulated(`git checkout-index ${args.join(" ")}`);
  const index = at.index();
  for (const path of itemsOf(input)) {
    const entry = index.get(path);
    if (entry !== undefined && (args.includes("-f") || entryAt(at, path) === undefined)) {
      writeFile(at, path, entry);
    }
  }
  return "";
}

export function hashObject(store: Store, args: readonly string[], content: Buffer): Answer {
  if (!args.includes("--stdin")) return notSimulated(`git hash-object ${args.join(" ")}`);
  return `${args.includes("-w") ? store.write("blob", content) : hashOf("blob", content)}\n`;
}
