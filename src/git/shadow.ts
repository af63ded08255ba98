import { join } from "node:path";
import { appendLines, copyIfExists, makeFolder, readIfExists, writePlain } from "../host/files.ts";
import { flushFiles } from "../host/flush-files.ts";
import { copyIndex } from "./copy-index.ts";
import type { GitPlace } from "./program.ts";
import type { Repository } from "./repository.ts";
import { type GitSettings, infoFile, setting } from "./settings.ts";

/**
 * A git folder of chant's own beside the repository: its config, attributes and index are written by chant, only the
 * objects are the repository's. Whatever an agent writes into the real git folder or its worktree is not read
 * through it, so none of it can run code.
 */
export interface Shadow {
  readonly gitDir: string;
  /** For calls on objects alone. */
  readonly objects: GitPlace;
}

/** What of the user's settings decides how a file's bytes become a blob: frozen before the agent starts. */
const KEPT =
  /^(core\.(autocrlf|eol|filemode|symlinks|ignorecase|precomposeunicode|safecrlf|checkroundtripencoding|bigfilethreshold|sparsecheckout|sparsecheckoutcone|protecthfs|protectntfs)|index\.sparse|filter\..+|lfs\..+)$/;

/** Makes (or makes again) a shadow git folder. */
export async function makeShadow(repo: Repository, folder: string, settings: GitSettings): Promise<Shadow> {
  await makeFolder(join(folder, "refs"));
  await makeFolder(join(folder, "info"));
  await makeFolder(join(folder, "objects"));
  const lines = ["[core]", `\trepositoryformatversion = ${repo.hash === "sha256" ? 1 : 0}`, "\tbare = false"];
  if (repo.hash === "sha256") lines.push("[extensions]", "\tobjectformat = sha256");
  for (const [name, values] of settings.values) {
    if (KEPT.test(name)) for (const value of values) lines.push(...configLines(name, value));
  }
  lines.push(...configLines("core.excludesfile", join(folder, "excludes")));
  lines.push(...configLines("core.attributesfile", join(folder, "attributes")));
  await writeUnlessSame(join(folder, "config"), `${lines.join("\n")}\n`);
  await writeUnlessSame(join(folder, "HEAD"), "ref: refs/heads/shadow\n");
  await copyIfExists(globalFile(settings, "core.excludesfile", "ignore"), join(folder, "excludes"));
  await copyIfExists(globalFile(settings, "core.attributesfile", "attributes"), join(folder, "attributes"));
  return shadowAt(repo, folder);
}

/** Every process that opens a repository makes the shadow for merges again, while another one's git may be reading it. */
async function writeUnlessSame(path: string, text: string): Promise<void> {
  if ((await readIfExists(path)) !== text) await writePlain(path, text);
}

/** Returns a shadow that was made before. */
export function shadowAt(repo: Repository, folder: string): Shadow {
  return { gitDir: folder, objects: { gitDir: folder, config: "chant", ...objectsOf(repo) } };
}

/** The same shadow, looking at a worktree with an index of its own. */
export function worktreePlace(shadow: Shadow, repo: Repository, worktree: string): GitPlace {
  return {
    gitDir: shadow.gitDir,
    workTree: worktree,
    indexFile: join(shadow.gitDir, "index"),
    config: "chant",
    ...objectsOf(repo),
  };
}

function objectsOf(repo: Repository): { readonly objectDirectory: string; readonly shallowFile: string } {
  return { objectDirectory: join(repo.commonDir, "objects"), shallowFile: join(repo.commonDir, "shallow") };
}

/**
 * Freezes what a worktree's files are judged by: its index as checked out, excludes and sparse patterns. `excluded` are
 * paths, each with a slash before it. All of the shadow is flushed then: whoever finds the worktree prepared relies on it.
 */
export async function freezeWorktree(
  repo: Repository,
  shadow: Shadow,
  adminDir: string,
  excluded: readonly string[],
): Promise<void> {
  await copyIndex(join(adminDir, "index"), join(shadow.gitDir, "index"));
  await copyIfExists(
    join(adminDir, "info", "sparse-checkout"),
    join(shadow.gitDir, "info", "sparse-checkout"),
  );
  const own = (await readIfExists(infoFile(repo, "exclude"))) ?? "";
  await writePlain(join(shadow.gitDir, "info", "exclude"), `${own.trimEnd()}\n`);
  // The agent's own git would look into the user's file itself.
  const global = (await readIfExists(join(shadow.gitDir, "excludes"))) ?? "";
  await writePlain(agentExcludes(shadow.gitDir), `${global.trimEnd()}\n`);
  await writePlain(join(shadow.gitDir, "info", "brought"), "");
  await keepOut(shadow, excluded);
  await copyIfExists(infoFile(repo, "attributes"), join(shadow.gitDir, "info", "attributes"));
  const made = ["config", "HEAD", "excludes", "agent-excludes", "attributes", "index"];
  const info = ["sparse-checkout", "exclude", "brought", "attributes"].map((name) => join("info", name));
  await flushFiles([...made, ...info].map((name) => join(shadow.gitDir, name)));
}

/** Keeps paths, each with a slash before it, out of all commits that are made in a frozen worktree from now on. */
export async function keepOut(shadow: Shadow, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const patterns = paths.map(patternOf);
  const [exclude, brought] = [join(shadow.gitDir, "info", "exclude"), join(shadow.gitDir, "info", "brought")];
  await appendLines(exclude, patterns);
  await appendLines(agentExcludes(shadow.gitDir), patterns);
  await appendLines(brought, paths);
  await flushFiles([exclude, agentExcludes(shadow.gitDir), brought]);
}

/** Where the agent's own git finds what the user's git ignores everywhere, and what chant brought. */
export const agentExcludes = (gitDir: string): string => join(gitDir, "agent-excludes");

/** A path as a pattern that nothing else matches. */
const patternOf = (path: string): string =>
  path.replaceAll(/[\\*?[]/g, String.raw`\$&`).replace(/ $/, String.raw`\ `);

/** Returns what chant itself brought into a worktree, as paths below it. */
export async function broughtInto(shadow: Shadow): Promise<readonly string[]> {
  const text = (await readIfExists(join(shadow.gitDir, "info", "brought"))) ?? "";
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.replace(/^\//, "")]));
}

/** `section.sub.section.key` and a value, in the syntax of a git config file. */
export function configLines(name: string, value: string): readonly string[] {
  const first = name.indexOf(".");
  const lastDot = name.lastIndexOf(".");
  const section = name.slice(0, first);
  const sub = first === lastDot ? "" : ` "${name.slice(first + 1, lastDot).replaceAll(/["\\]/g, "\\$&")}"`;
  const quoted = value.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return [`[${section}${sub}]`, `\t${name.slice(lastDot + 1)} = "${quoted}"`];
}

/** The user's global file of a kind: as configured, else git's default place for it. */
function globalFile(settings: GitSettings, name: string, fallback: string): string {
  const home = process.env["HOME"] ?? "/";
  const configured = setting(settings, name);
  if (configured !== undefined) return configured.replace(/^~(?=\/)/, home);
  return join(process.env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "git", fallback);
}
