import { measureTree } from "../../host/measure-tree.ts";
import { isAlive } from "../../host/identity.ts";
import { isChantError } from "../../kit/errors.ts";
import { findLeftBehind, type LeftBehind } from "../engine/left-behind.ts";
import { readRecords } from "../engine/record.ts";
import { carryRuns, type Session } from "../engine/session.ts";
import { takeUp } from "../engine/take-up.ts";
import type { CleanupStep, Finding } from "./finding.ts";

/** Finds worktrees that belong to nothing, and those that stay although no run is under way in them. */
export async function findWorktrees({ engine }: Session): Promise<readonly CleanupStep[]> {
  const found: CleanupStep[] = [];
  for (const left of await findLeftBehind({ ...engine, nowMs: engine.clock.nowMs() })) {
    const { bytes } = await measureTree(left.path);
    const what = left.remedy === "clean" ? "keep" : "leave";
    const why = left.remedy === "clean" ? "no spec and no run have it" : WHY_LEFT[left.remedy];
    const base: Finding = { kind: "worktree", name: left.path, id: left.id, bytes, why, what };
    found.push(what === "leave" ? base : { ...base, apply: (session) => clear(session, left) });
  }
  for (const { id, worktree, takenOver, isOrphan, phase, owner } of (
    await readRecords(engine.places)
  ).values()) {
    if (worktree === undefined) continue;
    const base = { kind: "worktree", name: worktree, id } as const;
    if (takenOver !== undefined) {
      const { bytes } = await measureTree(worktree);
      found.push({ ...base, bytes, why: `taken over by ${takenOver.by}`, what: "leave" });
    } else if (isOrphan === true && phase === "retiring" && !isAlive(owner)) {
      // Whoever cleared it away was stopped: what is left of it may be no folder any more.
      const apply = async (session: Session): Promise<boolean> => {
        await carryRuns(session, [id]);
        return true;
      };
      found.push({ ...base, why: "its removal was cut off", what: "keep", apply });
    }
  }
  return found;
}

const WHY_LEFT: { readonly [R in Exclude<LeftBehind["remedy"], "clean">]: string } = {
  restore: "its record was lost: chant watch takes it up",
  judge: "its record was lost: chant watch takes it up",
  fail: "its record was lost: chant watch takes it up",
  park: "its record was lost: chant watch takes it up",
  wait: "something happens in it",
  leave: "somebody has taken it, or its spec is there: git worktree remove takes it away",
};

/** It becomes a run that is being given up, so that whoever comes after a kill goes on with it. */
async function clear(session: Session, left: LeftBehind): Promise<boolean> {
  const { engine } = session;
  try {
    // Somebody may have come into it since.
    const now = await findLeftBehind({ ...engine, nowMs: engine.clock.nowMs() });
    const same = now.find(({ path, remedy }) => path === left.path && remedy === "clean");
    if (same === undefined || !(await takeUp(engine, same))) return false;
    await carryRuns(session, [left.id]);
    return true;
  } catch (error) {
    if (!isChantError(error)) throw error;
    const message = `${left.path} is left as it is: ${error.message}`;
    engine.emit({ kind: "warning", id: left.id, message });
    return false;
  }
}
