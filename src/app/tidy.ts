import { touchProgram } from "../host/own-program.ts";
import { findLogs } from "./cleanup/logs.ts";
import { findSnapshots } from "./cleanup/snapshots.ts";
import type { Session } from "./engine/session.ts";
import { onceADay } from "./once-a-day.ts";

/** Packs and removes logs, and removes snapshots, as the configuration says: what nobody needs to be asked about. */
export async function tidyIfDue(session: Session): Promise<void> {
  const { engine } = session;
  await onceADay(engine, { stamp: "tidied-at", failed: "Not everything was tidied up" }, async () => {
    // Whoever cleans up sees by it that this build is still in use.
    touchProgram(engine.self);
    const failures: unknown[] = [];
    for (const find of [findSnapshots, findLogs]) {
      // One that cannot be packed or removed keeps no other from it.
      for (const { apply } of await find(session)) {
        await apply?.(session).catch((error: unknown) => failures.push(error));
      }
    }
    if (failures.length > 0) throw failures[0];
  });
}
