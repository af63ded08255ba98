import { readdirSync } from "node:fs";
import { appendFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { chant, chantOk } from "./chant.ts";
import { goodScript, type SpecDraft, tempProject, type ProjectOptions } from "./spec.ts";
import type { TempRepo } from "./temp-repo.ts";
import { statusOn } from "./traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";
const MEMBER = `${B}.1`;

/** A state of a repository, and a command that is killed in it. */
export interface KillStory {
  readonly name: string;
  /** Makes the state in which the command starts; nothing of it runs any more. */
  readonly state: () => Promise<TempRepo>;
  readonly command: (repo: TempRepo) => readonly string[];
  /** Who runs it, where that is not a person's chant. */
  readonly victim?: string;
  /** How many of 300 kills it gets. */
  readonly share: number;
  /** What is said after the kill; the same command when left out. */
  readonly again?: readonly string[];
  /** What may be said to that, besides that it is done: it was done before the kill. */
  readonly refusal?: RegExp;
  /** A spec that the user has edited: when the target cannot be moved for a while, that edit may stay one, uncommitted. */
  readonly edited?: string;
  /** What its end is, besides being the same as without the kill. */
  readonly end: (repo: TempRepo) => Promise<void>;
  /** What cannot be told by comparing with that: contents of snapshots. */
  readonly each?: (repo: TempRepo) => Promise<void>;
}

/** Files of a user's who works in the checkout meanwhile: committed, changed, staged, new and ignored. */
const COMMITTED = {
  "user.txt": "as committed\n",
  "shared.txt": "1\n2\n3\n",
  "old.txt": "old\n",
  ".gitignore": "*.tmp\n",
};

async function work(repo: TempRepo): Promise<void> {
  await repo.write({
    "user.txt": "being edited\n",
    "staged.txt": "staged\n",
    "new.txt": "untracked\n",
    "ignored.tmp": "ignored\n",
  });
  await repo.git("add", "staged.txt");
}

async function project(options: ProjectOptions): Promise<TempRepo> {
  return await tempProject({ ...options, files: { ...COMMITTED, ...options.files } });
}

/** Adds, changes and removes a file, and goes on where it was stopped; what it leaves that git ignores goes to a snapshot. */
const SCRIPT = `grep -q 4 shared.txt || echo 4 >>shared.txt
git rm --quiet --ignore-unmatch old.txt
echo kept >left.tmp
echo done >one.txt
chant tick --all
git add --all
git diff --cached --quiet || git commit --quiet -m "Add one.txt"`;

const LANDING: Readonly<Record<string, SpecDraft>> = {
  [A]: { title: "One", script: SCRIPT },
  [B]: { title: "All of two", type: "driver", criteria: [] },
  [MEMBER]: { title: "Two", script: goodScript("two.txt") },
};

async function expectLanded(repo: TempRepo): Promise<void> {
  for (const id of [A, B, MEMBER]) expect(await statusOn(repo, id)).toBe("completed");
  expect(await repo.read("shared.txt")).toBe("1\n2\n3\n4\n");
  expect(repo.has("old.txt")).toBe(false);
}

/** Two runs that are done, and whose coordinator is gone. */
async function waitingToLand(options: ProjectOptions = {}): Promise<TempRepo> {
  const repo = await project({ specs: LANDING, ...options });
  await repo.write({ "one.txt": "in the way\n", "two.txt": "in the way\n" });
  expect((await chant(repo, ["work", "--parallel=2"])).status).toBe(75);
  await repo.git("clean", "--quiet", "--force", "one.txt", "two.txt");
  await work(repo);
  return repo;
}

const ageOf = (days: number): Date => new Date(Date.now() - days * 86_400_000);

async function untidy(): Promise<TempRepo> {
  const repo = await project({
    config: "watch: { stale_after_minutes: 0.001 }\n",
    specs: { [A]: { script: SCRIPT } },
  });
  await chantOk(repo, ["work"]);
  const orphan = join(repo.worktrees, `chant-${B}`);
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${B}`, orphan);
  await writeFile(join(orphan, "half.txt"), "half\n");
  const old = [
    join(orphan, "half.txt"),
    ...(["log", "raw"] as const).map((part) => join(repo.path, `.chant/logs/${A}.${part}`)),
  ];
  for (const each of old) await utimes(each, ageOf(2), ageOf(2));
  await repo.git("branch", `chant/${MEMBER}`, "HEAD");
  await repo.write({ [`.chant/.locks/${MEMBER}.lock`]: "0\n", ".chant/specs/.tmp-0123456789abcdef": "x\n" });
  await utimes(join(repo.path, ".chant/specs/.tmp-0123456789abcdef"), ageOf(2), ageOf(2));
  await work(repo);
  return repo;
}

/** What a snapshot of a spec holds besides what its branch did. */
async function expectKept(repo: TempRepo, id: string, file: string, text: string): Promise<void> {
  const refs = await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${id}`);
  const kept = await Promise.all(
    refs.split("\n").map((ref) => repo.git("show", `${ref}:${file}`).catch(() => undefined)),
  );
  expect(kept).toContain(text);
}

const DONE: SpecDraft = { status: "completed", front: "completed_at: 2026-01-10T00:00:00Z\n" };

export const KILL_STORIES: readonly KillStory[] = [
  {
    name: "landing of two specs and a driver",
    share: 55,
    state: waitingToLand,
    command: () => ["merge", "--all"],
    again: ["watch", "--once"],
    end: expectLanded,
  },
  {
    name: "landing in a silent project",
    share: 30,
    state: () => waitingToLand({ isSilent: true }),
    command: () => ["merge", "--all"],
    again: ["watch", "--once"],
    end: async (repo) => {
      expect(await repo.read(`.chant/specs/${A}.md`)).toContain("status: completed");
    },
  },
  {
    name: "start and worktree",
    share: 40,
    state: async () => {
      const repo = await project({ specs: { [A]: { title: "One", script: SCRIPT } }, worktree: "ports: 1" });
      await appendFile(join(repo.path, `.chant/specs/${A}.md`), "\nThe user's last words.\n");
      await work(repo);
      return repo;
    },
    command: () => ["work", "--no-wait", A],
    again: ["work", A],
    refusal: /: it is completed\n/,
    edited: `.chant/specs/${A}.md`,
    end: async (repo) => {
      expect(await statusOn(repo, A)).toBe("completed");
      expect(await repo.read(`.chant/specs/${A}.md`)).toContain("The user's last words.");
    },
  },
  {
    name: "a worktree that its runner fills",
    share: 40,
    victim: "runner",
    state: async () => {
      const repo = await project({ specs: { [A]: { title: "One", script: SCRIPT } } });
      await work(repo);
      expect((await chant(repo, ["work"], { env: { CHANT_FAIL: "runner.spawn:before" } })).signal).toBe(
        "SIGKILL",
      );
      return repo;
    },
    command: (repo) => {
      const folder = join(repo.path, ".git/chant/work");
      return ["__runner", ...readdirSync(folder).map((run) => join(folder, run)), "1"];
    },
    again: ["work"],
    end: async (repo) => {
      expect(await statusOn(repo, A)).toBe("completed");
    },
  },
  {
    name: "clean up of a failed run by reset",
    share: 35,
    state: async () => {
      const repo = await project({ specs: { [A]: { title: "One", script: "echo half >half.txt; exit 3" } } });
      await chant(repo, ["work"]);
      await work(repo);
      return repo;
    },
    command: () => ["reset", A],
    refusal: /is pending/,
    end: async (repo) => {
      expect(await statusOn(repo, A)).toBe("pending");
    },
    each: (repo) => expectKept(repo, A, "half.txt", "half"),
  },
  {
    name: "cleanup of what others left behind",
    share: 25,
    state: untidy,
    command: () => ["cleanup", "--yes"],
    each: (repo) => expectKept(repo, B, "half.txt", "half"),
    end: async (repo) => {
      expect(repo.has(`.chant/logs/${A}.log.1.gz`)).toBe(true);
    },
  },
  {
    name: "archive",
    share: 45,
    state: async () => {
      const repo = await project({
        specs: { [A]: { ...DONE, title: "One" }, [B]: { ...DONE, title: "Two" } },
      });
      await work(repo);
      return repo;
    },
    command: () => ["archive", A, B],
    refusal: /in the archive|archived/,
    end: async (repo) => {
      expect(await chantOk(repo, ["show", A])).toContain("(archived)");
    },
  },
  {
    name: "restore from the archive",
    share: 30,
    state: async () => {
      const repo = await project({ specs: { [A]: { ...DONE, title: "One" } } });
      await chantOk(repo, ["archive", A]);
      await work(repo);
      return repo;
    },
    command: () => ["restore", A],
    refusal: /is completed, and from there "restore" is not possible/,
    end: async (repo) => {
      expect(await statusOn(repo, A)).toBe("completed");
    },
  },
];
