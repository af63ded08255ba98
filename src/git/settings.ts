import { join } from "node:path";
import { ChantError, isChantError } from "../kit/errors.ts";
import { git, type GitPlace, gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** The user's git configuration for one repository, resolved once, before any agent of this process starts. */
export interface GitSettings {
  /** `Name <mail>`, as git itself would sign a commit of the user. */
  readonly author: string;
  readonly committer: string;
  /** Every setting by its lower-case name; the last value is the one in force. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** The oldest git that chant works with: `merge-tree --write-tree` came with it. */
const OLDEST = [2, 38] as const;

/**
 * Reads what the user's git is and does here.
 * @throws ChantError GIT_TOO_OLD, PARTIAL_CLONE, or GIT_FAILED when there is no name to commit with.
 */
export async function readGitSettings(repo: Repository): Promise<GitSettings> {
  const place: GitPlace = { ...commonPlace(repo), config: "user" };
  const [version, list, author, committer] = await Promise.all([
    gitText(place, ["version"]),
    readConfig(place),
    identity(place, "GIT_AUTHOR_IDENT"),
    identity(place, "GIT_COMMITTER_IDENT"),
  ]);
  requireVersion(version);
  if (last(list, "extensions.partialclone") !== undefined) {
    throw new ChantError(
      "PARTIAL_CLONE",
      "This repository is a partial clone, whose missing objects chant does not fetch.",
      {
        hint: "Make it whole with: git fetch --refetch --no-filter, then git config --unset extensions.partialClone",
      },
    );
  }
  return { author, committer, values: list };
}

/** Returns the value in force of one setting; `name` is in lower case but for a subsection. */
export function setting(settings: GitSettings, name: string): string | undefined {
  return last(settings.values, name);
}

const last = (values: ReadonlyMap<string, readonly string[]>, name: string): string | undefined =>
  values.get(name)?.at(-1);

/** Returns all settings of a place, by name. A setting without `=` is true. */
export async function readConfig(place: GitPlace): Promise<ReadonlyMap<string, readonly string[]>> {
  const out = (
    await git({ ...place, isUnset: true }, ["config", "--list", "-z", "--includes"])
  ).stdout.toString("utf8");
  const values = new Map<string, string[]>();
  for (const item of out.split("\0").filter((each) => each !== "")) {
    const end = item.indexOf("\n");
    const name = end < 0 ? item : item.slice(0, end);
    const value = end < 0 ? "true" : item.slice(end + 1);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function requireVersion(text: string): void {
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const isOldEnough =
    Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
  if (isOldEnough) return;
  throw new ChantError("GIT_TOO_OLD", `${text} is too old: chant needs git ${OLDEST.join(".")} or newer.`, {
    hint: "Update git, then try again.",
  });
}

/** What git says when neither the configuration nor the system tells a name or an address. */
const NO_IDENTITY = /auto-detect|user\.(name|email)|empty ident|ident name|tell me who you are/i;

/** The user's identity counts as they set it, in the configuration or by GIT_AUTHOR_NAME and the like. */
async function identity(place: GitPlace, name: string): Promise<string> {
  const own = Object.entries(process.env).filter(([key]) =>
    /^(GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL)|EMAIL)$/.test(key),
  );
  const env = Object.fromEntries(own.map(([key, value]) => [key, value ?? ""]));
  try {
    const words = await gitText(place, ["var", name], { env });
    return words.replace(/ \d+ [+-]\d{4}$/, "");
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED") || !NO_IDENTITY.test(error.message)) throw error;
    throw new ChantError("GIT_FAILED", "git does not know who you are, so chant cannot commit for you.", {
      hint: 'Tell it with: git config user.name "Your Name" && git config user.email you@example.com',
      cause: error,
    });
  }
}

/** The environment in which a program of the user's runs: theirs, without what points git at another repository. */
export function agentEnvironment(): NodeJS.ProcessEnv {
  const pointers = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
  ];
  const env = { ...process.env };
  for (const name of pointers) delete env[name];
  return env;
}

/** Where git keeps files of its own below the common folder. */
export const infoFile = (repo: Repository, name: string): string => join(repo.commonDir, "info", name);
