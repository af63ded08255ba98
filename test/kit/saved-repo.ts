import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./process.ts";
import type { TempRepo } from "./temp-repo.ts";

/** A state of a repository that can be had again and again, at the same path, as its records and worktrees name it. */
export interface SavedRepo {
  readonly repo: TempRepo;
  /** Puts the repository, its worktrees and its user's folders back to what they were; nothing may run in them. */
  readonly restore: () => Promise<void>;
}

const isSaved = (name: string): boolean => name.startsWith("saved-");

async function copy(repo: TempRepo, from: string, to: string): Promise<readonly string[]> {
  const names = (await readdir(from)).filter((name) => !isSaved(name));
  const paths = names.map((name) => join(from, name));
  const { status, stderr } = await run("cp", ["-a", "--", ...paths, to], { cwd: "/", env: repo.env });
  if (status !== 0) throw new Error(`cp ended with ${status}: ${stderr}`);
  return names;
}

/** Keeps what a repository and all that belongs to it hold now, under a name; it goes with the repository. */
export async function saved(repo: TempRepo, name: string): Promise<SavedRepo> {
  const kept = join(repo.root, `saved-${name}`);
  await rm(kept, { recursive: true, force: true });
  await mkdir(kept);
  await copy(repo, repo.root, kept);
  return {
    repo,
    restore: async () => {
      const now = (await readdir(repo.root)).filter((each) => !isSaved(each));
      for (const each of now) await rm(join(repo.root, each), { recursive: true, maxRetries: 3 });
      await copy(repo, kept, repo.root);
    },
  };
}
