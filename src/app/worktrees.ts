import { join } from "node:path";
import { editorOf } from "../domain/editor.ts";
import { compareIds, type SpecId } from "../domain/id.ts";
import { ChantError } from "../kit/errors.ts";
import { runInteractive } from "../host/interactive.ts";
import { statIfExists } from "../host/files.ts";
import { uncommittedIn } from "../git/facts.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { shadowAt } from "../git/shadow.ts";
import { commitsBetween } from "../git/find-commit.ts";
import { readRecord, readRecords, type RunRecord, runFolder } from "./engine/record.ts";
import { type RunState, viewRun } from "./run-view.ts";
import { requireId, type Workspace } from "./workspace.ts";

/** The worktree of a run, as its record has it. */
export interface WorktreeView {
  readonly id: SpecId;
  readonly path: string;
  /** False when somebody removed it. */
  readonly isThere: boolean;
  readonly branch: string;
  readonly state: RunState;
  readonly ports: readonly number[];
}

/** The same, and what is in it. */
export interface WorktreeStatus extends WorktreeView {
  readonly target: string;
  readonly agent: string;
  readonly attempt: number;
  /** How many commits the branch has beyond where the run began. */
  readonly commits: number;
  /** Paths that no commit holds as they are. */
  readonly uncommitted: readonly string[];
  /** Who took it over. */
  readonly takenOver?: string;
}

/** Returns the worktrees of all runs that are not over. */
export async function listWorktrees({ places }: Workspace): Promise<readonly WorktreeView[]> {
  const views: WorktreeView[] = [];
  for (const record of (await readRecords(places)).values()) {
    if (record.worktree !== undefined) views.push(await viewOf({ places }, record, record.worktree));
  }
  return views.toSorted((a, b) => compareIds(a.id, b.id));
}

async function viewOf(
  { places }: Pick<Workspace, "places">,
  record: RunRecord,
  path: string,
): Promise<WorktreeView> {
  const { id, branch, ports = [] } = record;
  const { state } = await viewRun(places, record);
  return { id, path, isThere: (await statIfExists(path)) !== undefined, branch, state, ports };
}

/**
 * Looks into the worktrees of some specs, or into all of them. Nothing is changed.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, WORKTREE_FAILED
 */
export async function worktreeStatus(
  workspace: Workspace,
  partial: string | undefined,
): Promise<readonly WorktreeStatus[]> {
  const records =
    partial === undefined
      ? [...(await readRecords(workspace.places)).values()]
      : [await requireWorktree(workspace, partial)];
  using reader = new ObjectReader(workspace.repo);
  const found: WorktreeStatus[] = [];
  for (const record of records) {
    const { worktree } = record;
    if (worktree === undefined) continue;
    found.push(await lookInto(workspace, reader, { ...record, worktree }));
  }
  return found.toSorted((a, b) => compareIds(a.id, b.id));
}

async function lookInto(
  { repo, places }: Workspace,
  reader: ObjectReader,
  record: RunRecord & { readonly worktree: string },
): Promise<WorktreeStatus> {
  const view = await viewOf({ places }, record, record.worktree);
  const { base, adminDir, target, agent, attempt, takenOver } = record;
  const folder = join(runFolder(places, record), "shadow");
  const shadow = (await statIfExists(folder)) === undefined ? undefined : shadowAt(repo, folder);
  const head = adminDir === undefined ? undefined : (await reader.head(adminDir)).commit;
  const canLook = view.isThere && shadow !== undefined && base !== undefined && head !== undefined;
  return {
    ...view,
    target: target.replace(/^refs\/heads\//, ""),
    agent,
    attempt,
    commits: canLook ? (await commitsBetween(shadow.objects, base, head)).length : 0,
    uncommitted: canLook ? await uncommittedIn(repo, shadow, view.path, head) : [],
    ...(takenOver === undefined ? {} : { takenOver: takenOver.by }),
  };
}

/** Returns where the worktree of a spec's run is. */
export async function worktreePath(workspace: Workspace, partial: string): Promise<string> {
  return (await requireWorktree(workspace, partial)).worktree;
}

/** @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, WORKTREE_FAILED when the spec has none, or it is gone */
async function requireWorktree(
  workspace: Workspace,
  partial: string,
): Promise<RunRecord & { readonly worktree: string }> {
  const id = await requireId(workspace, partial);
  const record = await readRecord(workspace.places, id);
  const { worktree } = record ?? {};
  if (record === undefined || worktree === undefined) {
    throw new ChantError("WORKTREE_FAILED", `${id} has no worktree.`, {
      hint: `A spec has one from its start until it has landed. See where it stands: chant why ${id}`,
    });
  }
  if ((await statIfExists(worktree)) === undefined) {
    throw new ChantError("WORKTREE_FAILED", `The worktree of ${id} is not there: ${worktree}.`, {
      hint: `What was committed is on ${record.branch}. Begin anew with: chant reset ${id}`,
    });
  }
  return { ...record, worktree };
}

export interface OpenRequest {
  readonly partial: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person sits at the other end of standard input and output. */
  readonly isTerminal: boolean;
  /** Hears what to mind, before anything opens. */
  readonly warn: (words: string) => void;
}

/**
 * Opens a worktree in the person's editor, or, where none is set, in a shell there. Returns how that ended.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, WORKTREE_FAILED, EDITOR_MISSING
 */
export async function openWorktree(
  workspace: Workspace,
  { partial, env, isTerminal, warn }: OpenRequest,
): Promise<number> {
  const record = await requireWorktree(workspace, partial);
  const { id, worktree } = record;
  const editor = editorOf(env, isTerminal);
  const shell = env["SHELL"] ?? "/bin/sh";
  if (editor === undefined && !isTerminal) {
    throw new ChantError("EDITOR_MISSING", "No editor is set, and there is no terminal here for a shell.", {
      hint: `Set one, for example: export EDITOR="code --wait". The worktree is ${worktree}.`,
    });
  }
  const { state } = await viewRun(workspace.places, record);
  if (state === "working" || state === "starting") {
    warn(
      `An agent works in it: what you change, it may change too. To have it for yourself: chant takeover ${id}`,
    );
  }
  const [file, args]: readonly [string, readonly string[]] =
    editor === undefined ? [shell, []] : ["/bin/sh", ["-c", `${editor} "$@"`, editor, worktree]];
  const { status } = await runInteractive(file, args, { cwd: worktree, env });
  return status ?? 1;
}
