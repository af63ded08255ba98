import { join } from "node:path";
import { createHash } from "node:crypto";
import { listIfExists, readIfExists } from "../host/files.ts";
import { readConfig } from "./settings.ts";
import { commonPlace, type Repository } from "./repository.ts";

/**
 * What in a repository can run code or redirect objects when git works in the user's checkout. Compared before each
 * refresh of home with how it was before the agent started. Only these settings count: byte equality of the whole
 * configuration would break with `git branch -u` or `git lfs install --local`.
 */
export type Guard = Readonly<Record<string, string>>;

const DANGEROUS =
  /^(core\.(hookspath|fsmonitor|sshcommand|attributesfile|worktree|gitproxy|alternaterefscommand|askpass|editor|pager)|filter\..+|merge\..+\.driver|diff\..+\.(command|textconv)|diff\.external|include\.path|includeif\..+|gpg\..+|gpg|alias\..+|extensions\..+)$/;

/** Dangerous settings, and the hash of the configuration files that they were read from. */
export interface SeenSettings {
  readonly files: string;
  readonly settings: Guard;
}

/** Reads how things stand, asking git only when a configuration file is not as it was at the last look. */
export class GuardReader {
  readonly #repo: Repository;
  #seen: SeenSettings | undefined;

  /** @param seen what another process of chant saw last, which saves asking git when nothing has changed since */
  constructor(repo: Repository, seen?: SeenSettings) {
    this.#repo = repo;
    this.#seen = seen;
  }

  /** What the last `read` saw. */
  get seen(): SeenSettings | undefined {
    return this.#seen;
  }

  /** Returns one entry each for dangerous settings, hooks and redirections. */
  async read(): Promise<Guard> {
    const { commonDir, gitDir } = this.#repo;
    const names = ["config", "config.worktree"].map((name) => join(commonDir, name));
    const files = [...names, join(gitDir, "config.worktree")].map((path) => readIfExists(path));
    const text = (await Promise.all(files)).join("\0");
    const hash = createHash("sha256").update(text).digest("hex");
    // What a configuration includes can change without it.
    if (this.#seen?.files !== hash || /^\s*\[\s*include/im.test(text)) {
      this.#seen = { files: hash, settings: await dangerousSettings(this.#repo) };
    }
    return { ...this.#seen.settings, ...(await otherFiles(this.#repo)) };
  }
}

async function dangerousSettings(repo: Repository): Promise<Guard> {
  const guard: Record<string, string> = {};
  // A linked worktree as home may have settings of its own.
  for (const gitDir of new Set([repo.commonDir, repo.gitDir])) {
    for (const [name, values] of await readConfig({ ...commonPlace(repo), gitDir })) {
      if (DANGEROUS.test(name)) guard[`config ${name}`] = values.join("\n");
    }
  }
  return guard;
}

async function otherFiles(repo: Repository): Promise<Guard> {
  const guard: Record<string, string> = {};
  for (const name of ["info/attributes", "objects/info/alternates", "info/grafts"]) {
    const text = await readIfExists(join(repo.commonDir, name));
    if (text !== undefined) guard[name] = text;
  }
  for (const name of await listIfExists(join(repo.commonDir, "hooks"))) {
    if (name.endsWith(".sample")) continue;
    const text = await readIfExists(join(repo.commonDir, "hooks", name)).catch(() => "unreadable");
    guard[`hook ${name}`] = createHash("sha256")
      .update(text ?? "")
      .digest("hex");
  }
  return guard;
}

/** Returns in words what differs from before, or nothing. */
export function guardDifferences(before: Guard, now: Guard): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
  return names.flatMap((name) => {
    if (before[name] === now[name]) return [];
    if (before[name] === undefined) return [`${name} is new: ${now[name]}`];
    if (now[name] === undefined) return [`${name} is gone`];
    return [`${name} changed to ${now[name]}`];
  });
}
