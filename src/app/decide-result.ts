import type { ChantEvent } from "../domain/event.ts";
import type { SpecId } from "../domain/id.ts";
import type { ResultDecision } from "../domain/result-gate.ts";
import { ChantError } from "../kit/errors.ts";
import { gitText } from "../git/program.ts";
import { takeRun } from "./control.ts";
import { requireName, requireReason } from "./decide.ts";
import { readRecord, type RunRecord } from "./engine/record.ts";
import { carryRuns, openSession, type Session } from "./engine/session.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { requireIds, type Workspace } from "./workspace.ts";

/** A decision about what a run made. */
export interface ResultRequest {
  readonly kind: ResultDecision["kind"];
  /** Git's user when left out. */
  readonly by?: string | undefined;
  /** Needed by a rejection. */
  readonly reason?: string | undefined;
}

/** What was decided about, and what became of it. */
export interface ResultDecided {
  readonly id: SpecId;
  readonly kind: ResultDecision["kind"];
  readonly by: string;
  /** The commit from which the run started, and the one that was decided about. */
  readonly base: string;
  readonly tip: string;
  /** What differs between the two. */
  readonly files: readonly ChangedFile[];
  readonly outcome: Outcome;
}

/** Lines are undefined where git cannot count them. */
export interface ChangedFile {
  readonly path: string;
  readonly added?: number;
  readonly removed?: number;
}

/**
 * Decides about the results of runs that wait for that, and carries each to where it then goes: onto its target, or to
 * a person. Nothing is decided unless all of them wait for it. The decision is in the run's record before anything
 * follows from it, so that whoever comes after a crash goes on.
 * @throws ChantError USAGE, APPROVAL_REFUSED
 */
export async function decideResults(
  workspace: Workspace,
  partials: readonly string[],
  request: ResultRequest,
  onEvent: (event: ChantEvent) => void,
  signal?: AbortSignal,
): Promise<readonly ResultDecided[]> {
  const reason = request.kind === "rejected" ? requireReason(request.reason ?? "") : undefined;
  const ids = await requireIds(workspace, partials);
  using session = await openSession(workspace.repo, onEvent);
  const { engine } = session;
  const by = requireName(request.by ?? engine.settings.committer);
  for (const id of ids) await requireUndecided(session, id, await readRecord(engine.places, id));
  const done: ResultDecided[] = [];
  for (const id of ids) {
    const record = await takeRun(session, id, async (found) => {
      const { tip } = await requireUndecided(session, id, found);
      const decision: ResultDecision = { kind: request.kind, by, atMs: engine.clock.nowMs(), tip };
      return { ...found, result: reason === undefined ? decision : { ...decision, reason } };
    });
    const { base, tip } = await requireUndecided(session, id, record);
    const files = await changedFiles(session, base, tip);
    const outcome = outcomeOf(id, await carryRuns(session, [id], signal));
    done.push({ id, kind: request.kind, by, base, tip, files, outcome });
  }
  return done;
}

/** @throws ChantError APPROVAL_REFUSED when no decision about a result is waited for */
async function requireUndecided(
  { engine }: Session,
  id: SpecId,
  record: RunRecord | undefined,
): Promise<{ readonly base: string; readonly tip: string }> {
  const { base, tip, branch, phase, waits } = record ?? {};
  const refused = (why: string, hint: string): ChantError =>
    new ChantError("APPROVAL_REFUSED", `${id} ${why}. Nothing was decided.`, { hint });
  if (phase !== "landing" || waits?.isForPerson !== true || base === undefined || tip === undefined) {
    throw refused("has no result that waits for a decision", `See where it stands: chant why ${id}`);
  }
  if ((await engine.reader.resolve(`refs/heads/${branch ?? ""}`)) === tip) return { base, tip };
  throw refused("has moved on since it was judged", `Judge it once more: chant merge ${id}`);
}

async function changedFiles({ engine }: Session, base: string, tip: string): Promise<readonly ChangedFile[]> {
  const args = ["diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", base, tip];
  const out = await gitText(engine.shadow.objects, args);
  return out.split("\0").flatMap((line) => {
    const [, added = "", removed = "", path = ""] = /^(\d+|-)\t(\d+|-)\t(.+)$/s.exec(line) ?? [];
    if (path === "") return [];
    return [added === "-" ? { path } : { path, added: Number(added), removed: Number(removed) }];
  });
}
