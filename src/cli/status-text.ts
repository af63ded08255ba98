import type { Overview, SpecView } from "../app/overview.ts";
import { countStatuses, needsPerson } from "../app/standing.ts";
import type { WatchStatus } from "../app/watch-control.ts";
import { listLines, type ListLook } from "./list-lines.ts";
import { countsText } from "./overview-text.ts";
import { retryLine, watchSentence } from "./watch-text.ts";

const isHeld = ({ run }: SpecView): boolean => run?.state === "waiting";

const isPaused = ({ status }: SpecView): boolean => status === "paused";

/** Returns all that moves or waits, group by group, and the counts. */
export function statusText(
  { specs, passedOver }: Pick<Overview, "specs" | "passedOver">,
  watch: WatchStatus,
  look: ListLook & { readonly nowMs: number },
): string {
  // Each line is indented by two.
  const inner = { ...look, width: look.width === undefined ? undefined : look.width - 2 };
  const isMoving = (spec: SpecView): boolean =>
    !needsPerson(spec) && !isHeld(spec) && (spec.status === "in_progress" || spec.status === "interrupted");
  const groups = [
    ["Under way", listLines(specs.filter(isMoving), inner)],
    ["Done, and waiting to land", listLines(specs.filter(isHeld), inner)],
    ["Retries", watch.retries.map((retry) => retryLine(retry, look.nowMs))],
    ["For a person (chant why ID)", listLines(specs.filter(needsPerson), inner)],
    ["Paused (chant resume ID)", listLines(specs.filter(isPaused), inner)],
  ] as const;
  const parts = [
    watchSentence(watch, look.nowMs),
    ...groups
      .filter(([, lines]) => lines.length > 0)
      .map(([title, lines]) => [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n")),
    countsText(countStatuses(specs, passedOver), look.hasColor),
  ];
  return `${parts.join("\n\n")}\n`;
}
