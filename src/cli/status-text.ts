import type { ShownStatus, SpecView } from "../app/overview.ts";
import type { WatchStatus } from "../app/watch-control.ts";
import { colored, STATUS_COLORS } from "./colors.ts";
import { listLines, type ListLook } from "./list-lines.ts";
import { retryLine, watchSentence } from "./watch-text.ts";

/** In the order in which they matter to a person. */
const ORDER: readonly ShownStatus[] = [
  "in_progress",
  "interrupted",
  "needs_attention",
  "failed",
  "broken",
  "paused",
  "pending",
  "blocked",
  "completed",
  "cancelled",
];

/** Returns how many specs there are of each status; those without any are left out. */
export function countStatuses(specs: readonly SpecView[]): Readonly<Record<string, number>> {
  const counts = ORDER.map(
    (status) => [status, specs.filter((spec) => spec.status === status).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const isStopped = ({ status }: SpecView): boolean =>
  status === "failed" || status === "needs_attention" || status === "broken";
const isHeld = ({ run }: SpecView): boolean => run?.state === "waiting";

/** Returns all that moves or waits, group by group, and the counts. */
export function statusText(
  specs: readonly SpecView[],
  watch: WatchStatus,
  look: ListLook & { readonly nowMs: number },
): string {
  // Each line is indented by two.
  const inner = { ...look, width: look.width === undefined ? undefined : look.width - 2 };
  const isMoving = (spec: SpecView): boolean =>
    !isStopped(spec) && !isHeld(spec) && (spec.status === "in_progress" || spec.status === "interrupted");
  const groups = [
    ["Under way", listLines(specs.filter(isMoving), inner)],
    ["Done, and waiting to land", listLines(specs.filter(isHeld), inner)],
    ["Retries", watch.retries.map((retry) => retryLine(retry, look.nowMs))],
    ["For a person (chant why ID)", listLines(specs.filter(isStopped), inner)],
  ] as const;
  const counts = Object.entries(countStatuses(specs)).map(([status, count]) =>
    colored(`${count} ${status}`, STATUS_COLORS[status as ShownStatus], look.hasColor),
  );
  const parts = [
    watchSentence(watch, look.nowMs),
    ...groups
      .filter(([, lines]) => lines.length > 0)
      .map(([title, lines]) => [`${title}:`, ...lines.map((line) => `  ${line}`)].join("\n")),
    counts.length === 0 ? "There are no specs." : `${counts.join(", ")}.`,
  ];
  return `${parts.join("\n\n")}\n`;
}
