import { ChantError } from "../kit/errors.ts";
import { type RunResult, runProgram } from "../host/spawn.ts";

/** Where one git call works. Nothing is ever discovered from the current folder. */
export interface GitPlace {
  readonly gitDir: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  readonly objectDirectory?: string;
  /** Set for a shallow repository: its list of cut-off commits. */
  readonly shallowFile?: string;
  /**
   * Whose configuration counts. `chant`: only what stands in `gitDir` itself. `user`: also the user's own and the
   * system's, for what needs their filters (a checkout, the refresh of home).
   */
  readonly config: "chant" | "user";
  /** Leaves out what chant sets for each call: to read what the user has set, which runs nothing. */
  readonly isUnset?: boolean;
}

export interface GitOptions {
  readonly input?: string | Uint8Array;
  /** Exit statuses that are answers; 0 when left out. */
  readonly accept?: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * What a repository that an agent could write to must not be able to switch on. Names of filters and of merge and diff
 * drivers cannot be listed here, so object work also runs with a git folder of chant's own: see shadow.ts.
 */
const ALWAYS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.fsync=all",
  // A copy of one half of an index is none.
  "core.splitIndex=false",
  "diff.external=",
  "merge.default=text",
  "commit.gpgSign=false",
  "log.showSignature=false",
  "credential.helper=",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "protocol.allow=never",
  "core.quotePath=false",
  "advice.detachedHead=false",
].flatMap((setting) => ["-c", setting]);

const QUIET = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_ALLOW_PROTOCOL: "",
  GIT_NO_LAZY_FETCH: "1",
  GIT_SSH_COMMAND: "false",
  GIT_ASKPASS: "false",
  GIT_EDITOR: "false",
  GIT_SEQUENCE_EDITOR: "false",
  GIT_PAGER: "cat",
  LC_ALL: "C",
} as const;

const OWN_CONFIG_ONLY = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
} as const;

/** How long a call of git may take, in milliseconds; a test has it hang for less. */
const LIMIT_MS = Number(process.env["CHANT_GIT_LIMIT_MS"] ?? 600_000);

/** Which command it was for is not known here, and what can be done is the same for all. */
const FAILED_HINT =
  "Nothing is lost. See that git works here (git status, git fsck), then do the same again.";

/** The environment without any GIT_ variable and without what would steer a runtime that chant starts for itself. */
function plainEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(GIT_|BUN_|NODE_OPTIONS$|LD_PRELOAD$)/.test(name)),
  );
}

/** The user's own settings by environment that say which configuration is theirs; tests rely on them as well. */
const USER_CONFIG_VARIABLES = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];

function environmentOf(place: GitPlace): NodeJS.ProcessEnv {
  const user =
    place.config === "user"
      ? Object.fromEntries(USER_CONFIG_VARIABLES.map((name) => [name, process.env[name]]))
      : OWN_CONFIG_ONLY;
  return {
    ...plainEnvironment(process.env),
    ...user,
    ...QUIET,
    GIT_DIR: place.gitDir,
    ...(place.workTree === undefined ? {} : { GIT_WORK_TREE: place.workTree }),
    ...(place.indexFile === undefined ? {} : { GIT_INDEX_FILE: place.indexFile }),
    ...(place.objectDirectory === undefined ? {} : { GIT_OBJECT_DIRECTORY: place.objectDirectory }),
    ...(place.shallowFile === undefined ? {} : { GIT_SHALLOW_FILE: place.shallowFile }),
  };
}

/** Returns the whole command line and environment of a git call, for the few that talk to a git that stays. */
export function gitCommand(
  place: GitPlace,
  args: readonly string[],
): {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly limitMs: number;
} {
  const attributes = place.config === "user" ? [] : ["-c", "core.attributesFile=/dev/null"];
  const settings = place.isUnset === true ? [] : [...ALWAYS, ...attributes];
  return { file: "git", args: [...settings, ...args], env: environmentOf(place), limitMs: LIMIT_MS };
}

/**
 * Runs git once.
 * @throws ChantError GIT_FAILED with git's own words when it ends with a status that is not accepted.
 */
export async function git(
  place: GitPlace,
  args: readonly string[],
  options: GitOptions = {},
): Promise<RunResult> {
  const call = gitCommand(place, args);
  const limitMs = Math.min(options.timeoutMs ?? call.limitMs, call.limitMs);
  const result = await runProgram(call.file, call.args, {
    cwd: place.workTree ?? "/",
    env: { ...call.env, ...options.env },
    ...(options.input === undefined ? {} : { input: options.input }),
    // Ctrl-C asks chant to leave in order; what it is in the middle of must not be cut off.
    detached: true,
    timeoutMs: limitMs,
  }).catch((error: unknown) => {
    throw new ChantError("GIT_FAILED", "git could not be started.", {
      hint: "Install git 2.38 or newer, and see that it is on the PATH.",
      cause: error,
    });
  });
  if (result.status === undefined || !(options.accept ?? [0]).includes(result.status)) {
    const words = result.stderr.trim().replaceAll(/^(fatal|error): /gm, "");
    const end = result.signal === undefined ? `status ${result.status}` : `signal ${result.signal}`;
    const why = result.isLate
      ? `it did not end within ${limitMs / 1000} seconds`
      : words === ""
        ? end
        : words;
    throw new ChantError("GIT_FAILED", `git ${args[0] ?? ""} failed: ${why}`, { hint: FAILED_HINT });
  }
  return result;
}

/** Runs git once and returns its output as text without the last newline. */
export async function gitText(
  place: GitPlace,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return (await git(place, args, options)).stdout.toString("utf8").replace(/\n$/, "");
}
