import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hermeticEnv, REPOSITORY_MARK, testRoot } from "./environment.ts";
import { eventually } from "./eventually.ts";
import { type FoundProcess, processesWith, run } from "./process.ts";

export interface TempRepoOptions {
  /** Arguments of `git init` besides the branch, for example `--object-format=sha256`. */
  readonly init?: readonly string[];
  /** False leaves the files untracked, in a repository without a commit. */
  readonly commit?: boolean;
}

/** A git repository of one test, and all that belongs to it. It goes when the test ends, and so must its processes. */
export class TempRepo implements AsyncDisposable {
  /** A folder for this test alone; worktrees belong in `root/worktrees`. */
  readonly root: string;
  /** The checkout. */
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(root: string) {
    this.root = root;
    this.path = join(root, "project");
    this.env = hermeticEnv(root);
  }

  get worktrees(): string {
    return join(this.root, "worktrees");
  }

  /** Runs git in the checkout and returns what it printed, without the last newline. */
  async git(...args: readonly string[]): Promise<string> {
    return this.gitIn(this.path, ...args);
  }

  async gitIn(cwd: string, ...args: readonly string[]): Promise<string> {
    return this.#gitIn(cwd, {}, args);
  }

  /** The same with some more variables. */
  async gitWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<string> {
    return this.#gitIn(this.path, env, args);
  }

  async #gitIn(cwd: string, more: NodeJS.ProcessEnv, args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await run("git", args, { cwd, env: { ...this.env, ...more } });
    if (status !== 0) throw new Error(`git ${args.join(" ")} ended with ${status}: ${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  /** Writes files, by their paths in the checkout. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.path, path)), { recursive: true });
      await writeFile(join(this.path, path), content);
    }
  }

  read(path: string): Promise<string> {
    return readFile(join(this.path, path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(join(this.path, path));
  }

  /** Commits everything in the checkout and returns the commit. */
  async commitAll(message: string): Promise<string> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--allow-empty", "-m", message);
    return this.git("rev-parse", "HEAD");
  }

  /** What `git status` calls changed, one line a path; empty when the checkout is clean. */
  status(): Promise<string> {
    return this.git("status", "--porcelain");
  }

  async branches(): Promise<readonly string[]> {
    const out = await this.git("for-each-ref", "--format=%(refname:short)", "refs/heads");
    return out === "" ? [] : out.split("\n");
  }

  /** The living processes that were started for this repository, directly or not. */
  processes(): readonly FoundProcess[] {
    return processesWith(REPOSITORY_MARK, this.root);
  }

  /** Waits until none of its processes lives any more. */
  async quiet(limitMs = 10_000): Promise<void> {
    await eventually(
      "all processes of the repository have ended",
      [],
      () => this.processes().length === 0,
      limitMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    let left: readonly FoundProcess[] = [];
    // What is just ending is not left behind.
    await this.quiet(2_000).catch(() => (left = this.processes()));
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself meanwhile, and is reported all the same.
      }
    }
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
    if (left.length > 0) {
      throw new Error(
        `The test left processes behind:\n${left.map(({ pid, command }) => `${pid} ${command}`).join("\n")}`,
      );
    }
  }
}

/** Makes a repository on the branch main, with one commit of these files. */
export async function tempRepo(
  files: Readonly<Record<string, string>> = { "README.md": "# A project\n" },
  options: TempRepoOptions = {},
): Promise<TempRepo> {
  const repo = new TempRepo(await mkdtemp(join(testRoot(), "repo-")));
  await mkdir(repo.worktrees);
  await mkdir(repo.path);
  await repo.git("init", "--quiet", "--initial-branch=main", ...(options.init ?? []));
  await repo.write(files);
  if (options.commit !== false) await repo.commitAll("First commit");
  return repo;
}

/** Makes a folder of one test that is no repository. */
export async function tempFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(testRoot(), "folder-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
