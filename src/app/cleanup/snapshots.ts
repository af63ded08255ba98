import { isSpecId, type SpecId } from "../../domain/id.ts";
import { parseDuration } from "../../domain/period.ts";
import { effect } from "../../host/effects.ts";
import { allSnapshots } from "../../git/snapshot.ts";
import type { Session } from "../engine/session.ts";
import type { CleanupStep } from "./finding.ts";
import { isOver } from "./over.ts";

/** Finds snapshots past their time, of runs that are over. */
export async function findSnapshots({ engine }: Session): Promise<readonly CleanupStep[]> {
  const { retention } = engine.config.lifecycle.snapshots;
  const retentionMs = parseDuration(retention);
  if (retentionMs === undefined) return [];
  const untilMs = engine.clock.nowMs() - retentionMs;
  const over = new Map<SpecId, boolean>();
  const found: CleanupStep[] = [];
  for (const { ref, id, commit, atMs } of await allSnapshots(engine.repo)) {
    if (atMs === undefined || atMs > untilMs || !isSpecId(id)) continue;
    if (!over.has(id)) over.set(id, await isOver(engine, id));
    if (over.get(id) !== true) continue;
    const apply = ({ engine: { refs } }: Session): Promise<boolean> =>
      effect("cleanup.snapshot", () => refs.swap(ref, undefined, commit, "chant: snapshot is past its time"));
    found.push({ kind: "snapshot", name: ref, id, why: `older than ${retention}`, what: "remove", apply });
  }
  return found;
}
