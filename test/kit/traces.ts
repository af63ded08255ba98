import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { TempRepo } from "./temp-repo.ts";

const names = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** Everything that runs leave while they are under way: branches, worktrees, locks, records, processes, half-done landings. */
async function tracesOf(repo: TempRepo): Promise<Readonly<Record<string, readonly string[]>>> {
  const own = join(repo.path, ".git", "chant");
  const worktrees = (await repo.git("worktree", "list", "--porcelain"))
    .split("\n")
    .filter((line) => line.startsWith("worktree "));
  const gitDir = await names(join(repo.path, ".git"));
  return {
    branches: (await repo.branches()).filter((name) => name.startsWith("chant/")),
    worktrees: worktrees.slice(1),
    folders: await names(repo.worktrees),
    locks: await names(join(repo.path, ".chant", ".locks")),
    records: await names(join(own, "runs")),
    work: await names(join(own, "work")),
    halfDone: [...(await names(own)), ...gitDir].filter((name) =>
      /^(landing\.json|index\.lock|chant-index-.*|\.tmp-.*)$/.test(name),
    ),
    gates: (await names(join(own, "gates"))).filter((name) => !/^(gate\.db.*|verdicts)$/.test(name)),
    processes: repo.processes().map(({ command }) => command),
  };
}

const NOTHING = {
  branches: [],
  worktrees: [],
  folders: [],
  locks: [],
  records: [],
  work: [],
  halfDone: [],
  gates: [],
  processes: [],
};

/** Nothing is left of any run, the checkout is clean, and the object store is whole. */
export async function expectNoTraces(
  repo: TempRepo,
  options: { readonly isClean?: boolean } = {},
): Promise<void> {
  await repo.quiet();
  expect(await tracesOf(repo)).toEqual(NOTHING);
  if (options.isClean !== false) expect(await repo.status()).toBe("");
  expect(await repo.git("fsck", "--no-dangling", "--no-progress")).toBe("");
}

/** How often each run's finalize commit is reachable from the branch: once, when all is well. */
export async function landings(repo: TempRepo, branch = "main"): Promise<ReadonlyMap<string, number>> {
  const out = await repo.git("log", branch, "--format=%(trailers:key=Chant-Spec,valueonly,separator=%x2C)");
  const count = new Map<string, number>();
  for (const id of out.split("\n").filter((line) => line !== "")) count.set(id, (count.get(id) ?? 0) + 1);
  return count;
}

/** The status that a spec's file has on a branch. */
export async function statusOn(repo: TempRepo, id: string, branch = "main"): Promise<string | undefined> {
  const text = await repo.git("show", `${branch}:.chant/specs/${id}.md`);
  return /^status: (.+)$/m.exec(text)?.[1];
}
