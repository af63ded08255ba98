import { delimiter, dirname, join } from "node:path";
import {
  copyInto,
  listIfExists,
  makeFolder,
  makeLink,
  realPath,
  removeTree,
  statIfExists,
} from "../../host/files.ts";
import { trackedOf } from "../../git/worktree.ts";
import { specPath } from "../../store/places.ts";
import type { Launch } from "../engine/launch.ts";
import { STATUS_FILE } from "./status-file.ts";

/**
 * Brings the user's untracked files that the configuration names into a fresh worktree, and returns the patterns
 * that keep them out of commits. A link needs its own pattern without a slash at the end: `node_modules/` in a
 * .gitignore does not match a link of that name.
 */
export async function prepareFiles(launch: Launch): Promise<readonly string[]> {
  const { home } = launch.repo;
  const [links, copies] = await Promise.all([matches(home, launch.link), matches(home, launch.copy)]);
  const tracked = await trackedOf(launch.worktree, [...links, ...copies]);
  const excluded = [`/${STATUS_FILE}`];
  for (const path of copies) {
    const to = join(launch.worktree.path, path);
    if (links.includes(path) || !(await makeRoom(launch.worktree.path, path, tracked))) continue;
    await copyInto(join(home, path), to);
    excluded.push(`/${path}`);
  }
  // A link may be inside of what is copied, and takes its place.
  for (const path of links) {
    const to = join(launch.worktree.path, path);
    if (!(await makeRoom(launch.worktree.path, path, tracked))) continue;
    if (await makeLink(to, join(home, path))) excluded.push(`/${path}`);
  }
  return excluded;
}

/**
 * Returns the patterns that keep out of commits what was brought into a worktree of which no more is known: what the
 * configuration names now, and the worktree's own commit does not have.
 */
export async function broughtFiles(
  home: string,
  { copy, link }: Pick<Launch, "copy" | "link">,
  isTracked: (path: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const excluded = [`/${STATUS_FILE}`];
  for (const path of await matches(home, [...link, ...copy])) {
    if (!(await isTracked(path))) excluded.push(`/${path}`);
  }
  return excluded;
}

/**
 * Makes room for a file of the user's in a worktree where no agent has started yet: what is there untracked is what an
 * earlier try brought, perhaps half. False where the commit has something, or where the folder is behind a link.
 */
async function makeRoom(worktree: string, path: string, tracked: ReadonlySet<string>): Promise<boolean> {
  const to = join(worktree, path);
  await makeFolder(dirname(to));
  // Behind a link are the user's own files.
  if ((await realPath(dirname(to))) !== dirname(join(await realPath(worktree), path))) return false;
  if (tracked.has(path)) return (await statIfExists(to)) === undefined;
  await removeTree(to);
  return true;
}

/** Returns the paths below `root` that patterns such as `node_modules`, `.env*` or `packages/*\/dist` name. */
async function matches(root: string, patterns: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    let paths = [""];
    for (const part of pattern.split("/").filter((each) => each !== "" && each !== ".")) {
      if (part === ".." || part === ".git") paths = [];
      const isMatch = nameMatcher(part);
      const next: string[] = [];
      for (const path of paths) {
        for (const name of await listIfExists(join(root, path))) {
          if (isMatch(name)) next.push(join(path, name));
        }
      }
      paths = next;
    }
    for (const path of paths) if (path !== "") found.add(path);
  }
  return [...found];
}

function nameMatcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^/]*");
  const expression = new RegExp(`^${source}$`);
  return (name) => name !== ".git" && expression.test(name);
}

/** What an agent is told through its environment. */
export function agentVariables(launch: Launch, promptFile: string): NodeJS.ProcessEnv {
  return {
    CHANT_SPEC_ID: launch.id,
    CHANT_SPEC_FILE: join(launch.worktree.path, specPath(launch.id)),
    CHANT_WORKTREE: launch.worktree.path,
    CHANT_BRANCH: launch.branch,
    CHANT_STATUS_FILE: join(launch.worktree.path, STATUS_FILE),
    CHANT_PROMPT_FILE: promptFile,
    CHANT_ATTEMPT: String(launch.attempt),
    CHANT_HOME: launch.repo.home,
    PATH: [launch.binFolder, process.env["PATH"] ?? ""].join(delimiter),
  };
}
