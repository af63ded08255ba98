import { touchProgram } from "../host/own-program.ts";
import { findLogs } from "./cleanup/logs.ts";
import { findSnapshots } from "./cleanup/snapshots.ts";
import type { Session } from "./engine/session.ts";
import { onceADay } from "./once-a-day.ts";

/** Packs and removes logs, and removes snapshots, as the configuration says: what nobody needs to be asked about. */
export async function tidyIfDue(session: Session): Promise<void> {
  const { engine } = session;
  await onceADay(engine, { stamp: "tidied-at", failed: "Nothing was tidied up" }, async () => {
    // Whoever cleans up sees by it that this build is still in use.
    touchProgram(engine.self);
    for (const find of [findSnapshots, findLogs]) {
      for (const { apply } of await find(session)) await apply?.(session);
    }
  });
}
