import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findRepository, type Repository } from "../../src/git/repository.ts";

/** A git repository for one test, removed at its end. */
export interface TestRepository extends AsyncDisposable {
  /** The folder around it, for worktrees and whatever else belongs to the test. */
  readonly root: string;
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly repo: Repository;
  /** Runs the user's git in it and returns what it printed, without the last newline. */
  git(...args: readonly string[]): string;
  write(path: string, content: string | Uint8Array): Promise<void>;
  read(path: string): Promise<string>;
  /** Adds everything and commits it; returns the commit. */
  commit(message: string): string;
}

/** An environment in which nothing of this machine's user counts. */
export function hermeticEnvironment(root: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: join(root, "home"),
    XDG_CONFIG_HOME: join(root, "home", ".config"),
    XDG_CACHE_HOME: join(dirname(root), "shared-cache"),
    GIT_CONFIG_GLOBAL: join(root, "gitconfig"),
    GIT_CONFIG_NOSYSTEM: "1",
    TZ: "UTC",
  };
}

export async function testRepository(
  files: Readonly<Record<string, string>> = { "README.md": "# A project\n" },
  init: readonly string[] = [],
): Promise<TestRepository> {
  const root = await mkdtemp(join(process.env["CHANT_TEST_ROOT"] ?? tmpdir(), "repo-"));
  const path = join(root, "project");
  const env = hermeticEnvironment(root);
  await mkdir(path);
  await mkdir(join(root, "home"));
  await writeFile(join(root, "gitconfig"), "[user]\n\tname = Tess Ter\n\temail = tess@example.com\n[init]\n\tdefaultBranch = main\n");
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { cwd: path, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).replace(/\n$/, "");
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  };
  git("init", "-q", ...init);
  for (const [name, content] of Object.entries(files)) await write(name, content);
  const commit = (message: string): string => {
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  };
  commit("Start");
  return {
    root,
    path,
    env,
    repo: await findRepository(path),
    git,
    write,
    commit,
    read: (name) => readFile(join(path, name), "utf8"),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
