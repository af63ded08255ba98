import { join } from "node:path";
import { readIfExists, writeAtomic } from "../host/files.ts";
import type { Engine } from "./engine/engine.ts";

const DAY_MS = 24 * 60 * 60_000;

/**
 * Does something at most once in 24 hours in a repository. What keeps it from happening is told as a warning that begins
 * with `failed`, and it is tried again the next day.
 */
export async function onceADay(
  { places, clock, emit }: Engine,
  { stamp, failed }: { readonly stamp: string; readonly failed: string },
  act: () => Promise<void>,
): Promise<void> {
  const path = join(places.own, stamp);
  const lastMs = Date.parse(((await readIfExists(path)) ?? "").trim());
  const nowMs = clock.nowMs();
  // A time that is still to come is of a clock that was wrong.
  if (lastMs <= nowMs && nowMs - lastMs < DAY_MS) return;
  try {
    await act();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    emit({ kind: "warning", message: `${failed}: ${words}` });
  }
  // Without room for that it is done again with the next look, which nothing else waits for.
  await writeAtomic(path, `${new Date(nowMs).toISOString()}\n`).catch(() => undefined);
}
