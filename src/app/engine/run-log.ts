import { type ChantEvent, eventLine } from "../../domain/event.ts";
import type { SpecId } from "../../domain/id.ts";
import { logLines } from "../../domain/log-line.ts";
import { appendLinesNow } from "../../host/files.ts";
import { type Places, specLogFile } from "../../store/places.ts";

/** What whoever reads the log of a spec wants to know besides what its agents printed: what became of it. */
const TOLD: ReadonlySet<ChantEvent["kind"]> = new Set([
  "finalizing",
  "gate_failed",
  "gate_raced",
  "merging",
  "landed",
  "failed",
  "needs_attention",
  "waiting",
  "interrupted",
  "retry_scheduled",
  "resuming",
]);

/** Notes an event in the log of its spec, if it belongs there. A log that cannot be written holds nothing up. */
export function noteEvent({ logs }: Places, event: ChantEvent): void {
  if (!TOLD.has(event.kind) || !("id" in event)) return;
  noteWords({ logs }, event.id, event.at, eventLine(event).replace(`${event.id} `, ""));
}

/** Puts words of chant's own into the log of a spec. */
export function noteWords({ logs }: Pick<Places, "logs">, id: SpecId, atMs: number, text: string): void {
  try {
    appendLinesNow(specLogFile(logs, id), logLines({ kind: "note", atMs, text }));
  } catch {
    // The spec's status says the same.
  }
}
