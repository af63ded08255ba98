import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../src/app/engine/engine.ts";
import { type Launch, packSettings, preparedFile, writeJson } from "../../src/app/engine/launch.ts";
import { newRunId, type RunRecord, runFolder } from "../../src/app/engine/record.ts";
import { openSession, type Session } from "../../src/app/engine/session.ts";
import { freezeWorktree, makeShadow, type Shadow } from "../../src/git/shadow.ts";
import { findRepository } from "../../src/git/repository.ts";
import { makeFolder } from "../../src/host/files.ts";
import type { ChantEvent } from "../../src/domain/event.ts";
import { recordOf } from "./record.ts";
import { specText, type ProjectOptions, tempProject } from "./spec.ts";
import type { TempRepo } from "./temp-repo.ts";

/** The spec that is worked on. */
export const A = "2026-01-01-001-aaa";
const SPEC = `.chant/specs/${A}.md`;

/** A run whose agent has committed one file on its branch, in the hands of this process. */
export interface Scene {
  readonly repo: TempRepo;
  readonly session: Session;
  readonly engine: Engine;
  readonly record: RunRecord & {
    readonly worktree: string;
    readonly adminDir: string;
    readonly base: string;
  };
  readonly shadow: Shadow;
  /** Runs git in the worktree. */
  readonly there: (...args: readonly string[]) => Promise<string>;
}

/** What its runner was handed. */
export const launchOf = (engine: Engine, record: Scene["record"]): Launch =>
  ({
    ...record,
    repo: engine.repo,
    worktree: { path: record.worktree, adminDir: record.adminDir },
    autoCommit: true,
    requireChanges: false,
    settings: packSettings(engine.settings),
  }) as unknown as Launch;

/** Makes a run by hand, no process of which is there, and looks at what chant does with it. */
export async function withRun(
  look: (scene: Scene) => Promise<void>,
  options: ProjectOptions & { readonly onEvent?: (event: ChantEvent) => void } = {},
): Promise<void> {
  await using repo = await tempProject({ specs: { [A]: { status: "in_progress" } }, ...options });
  const { onEvent = () => undefined } = options;
  using session = await openSession(await findRepository(repo.path), onEvent);
  const { engine } = session;
  const base = await repo.git("rev-parse", "HEAD");
  const worktree = join(repo.worktrees, `chant-${A}`);
  await repo.git("worktree", "add", "-q", "-b", `chant/${A}`, worktree, base);
  const adminDir = join(repo.path, ".git", "worktrees", `chant-${A}`);
  const record = { ...recordOf(A, { run: newRunId() }), base, worktree, adminDir };
  const folder = runFolder(engine.places, record);
  await makeFolder(folder);
  const shadow = await makeShadow(engine.repo, join(folder, "shadow"), engine.settings);
  await freezeWorktree(engine.repo, shadow, record.adminDir, []);
  await writeJson(preparedFile(folder), { stashes: [], atMs: 0 });
  const there: Scene["there"] = (...args) => repo.gitIn(worktree, ...args);
  await writeFile(join(worktree, "made.txt"), "made\n");
  await writeFile(join(worktree, SPEC), specText({ status: "in_progress" }).replace("- [ ]", "- [x]"));
  await there("add", "-A");
  await there("commit", "-q", "-m", "Made");
  await look({ repo, session, engine, record, shadow, there });
}
