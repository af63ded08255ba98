import { delimiter, dirname, join, relative, resolve } from "node:path";
import {
  copyInto,
  listIfExists,
  makeFolder,
  makeLink,
  readLinkTarget,
  realPath,
  removeTree,
  statIfExists,
} from "../../host/files.ts";
import type { Repository } from "../../git/repository.ts";
import { portVariables } from "../../domain/ports.ts";
import { agentExcludes } from "../../git/shadow.ts";
import { includedFiles } from "../../git/worktree-include.ts";
import { trackedOf } from "../../git/worktree.ts";
import { specPath } from "../../store/places.ts";
import type { Launch } from "../engine/launch.ts";
import { placeCopy } from "../engine/silent/copy.ts";
import { STATUS_FILE, STATUS_FILES } from "./status-file.ts";

/** What came into a worktree besides its branch's files. */
export interface Brought {
  /** What keeps it out of commits: paths from the top of the worktree, each with a slash before it. */
  readonly excluded: readonly string[];
  /** Links that lead out of the repository: none of them is copied. */
  readonly refused: readonly string[];
}

/**
 * Brings the user's untracked files that the configuration and `.worktreeinclude` name into a fresh worktree. A link
 * needs its own pattern without a slash at the end: `node_modules/` in a .gitignore does not match a link of that name.
 */
export async function prepareFiles(
  launch: Pick<Launch, "id" | "repo" | "link" | "copy" | "worktree" | "spec">,
): Promise<Brought> {
  const { home } = launch.repo;
  const [links, copies] = await Promise.all([matches(home, launch.link), copiesOf(launch.repo, launch.copy)]);
  const tracked = await trackedOf(launch.worktree, [...links, ...copies]);
  const excluded = STATUS_FILES.map((path) => `/${path}`);
  const refused: string[] = [];
  if (launch.spec !== undefined) {
    await placeCopy(launch, launch.spec);
    excluded.push(`/${specPath(launch.id)}`);
  }
  for (const path of copies) {
    const from = join(home, path);
    const to = join(launch.worktree.path, path);
    if (links.includes(path) || !(await makeRoom(launch.worktree.path, path, tracked))) continue;
    if (await leadsOut(home, from)) {
      refused.push(path);
      continue;
    }
    await copyInto(from, to, async (each) => {
      const isRefused = await leadsOut(home, each);
      if (isRefused) refused.push(relative(home, each));
      return !isRefused;
    });
    excluded.push(`/${path}`);
  }
  // A link may be inside of what is copied, and takes its place.
  for (const path of links) {
    const to = join(launch.worktree.path, path);
    if (!(await makeRoom(launch.worktree.path, path, tracked))) continue;
    if (await makeLink(to, join(home, path))) excluded.push(`/${path}`);
  }
  return { excluded, refused };
}

async function copiesOf(repo: Repository, copy: readonly string[]): Promise<readonly string[]> {
  const [named, included] = await Promise.all([matches(repo.home, copy), includedFiles(repo)]);
  return [...new Set([...named, ...included])];
}

/** Tells whether a path is a link, or behind one, that leads out of a folder. A link to nowhere goes by its words. */
async function leadsOut(root: string, path: string): Promise<boolean> {
  const real = await realPath(path).catch(() => undefined);
  if (real !== undefined) return !isInside(await realPath(root), real);
  const target = (await readLinkTarget(path)).toString("utf8");
  return !isInside(root, resolve(dirname(path), target));
}

const isInside = (root: string, path: string): boolean => path.startsWith(`${root}/`);

/**
 * Returns the patterns that keep out of commits what was brought into a worktree of which no more is known: what the
 * configuration names now, and the worktree's own commit does not have.
 */
export async function broughtFiles(
  repo: Repository,
  { copy, link }: Pick<Launch, "copy" | "link">,
  isTracked: (path: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const excluded = STATUS_FILES.map((path) => `/${path}`);
  for (const path of [...(await matches(repo.home, link)), ...(await copiesOf(repo, copy))]) {
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
export function agentVariables(launch: Launch, folder: string, promptFile: string): NodeJS.ProcessEnv {
  return {
    ...ignoringVariables(launch, folder),
    ...portVariables(launch.ports ?? []),
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

/** Has the agent's own git ignore what was brought into its worktree: no file there says so. */
function ignoringVariables({ agent }: Launch, folder: string): NodeJS.ProcessEnv {
  const before = Number(agent.env?.["GIT_CONFIG_COUNT"] ?? process.env["GIT_CONFIG_COUNT"] ?? 0);
  const count = Number.isInteger(before) && before > 0 ? before : 0;
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: "core.excludesFile",
    [`GIT_CONFIG_VALUE_${count}`]: agentExcludes(join(folder, "shadow")),
  };
}
