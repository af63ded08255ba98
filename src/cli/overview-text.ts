import { escapeTerminal } from "../kit/text.ts";
import type { ShownStatus } from "../app/overview.ts";
import type { StatusCounts, Summary } from "../app/standing.ts";
import { colored, STATUS_COLORS } from "./colors.ts";
import { waitedForText } from "./spec-words.ts";

/** Returns the counts of statuses as one sentence. */
export function countsText(counts: StatusCounts, hasColor: boolean): string {
  const words = Object.entries(counts).map(([status, count]) =>
    colored(`${count} ${status}`, STATUS_COLORS[status as ShownStatus], hasColor),
  );
  return words.length === 0 ? "There are no specs." : `${words.join(", ")}.`;
}

/** Returns what `list --summary` prints: the counts, then what waits and for what, then what needs a person and why. */
export function summaryOfSpecs({ counts, blocked, attention }: Summary, hasColor: boolean): string {
  const groups = [
    [
      "Blocked",
      blocked.flatMap(({ id, title, waitsFor }) => [
        named(id, title),
        ...waitsFor.map((each) => `  waits for ${waitedForText(each)}`),
      ]),
    ],
    [
      "For a person (chant why ID)",
      attention.flatMap(({ id, title, status, reason }) => [
        named(id, title),
        `  ${status}${reason === undefined ? "" : `: ${reason}`}`,
      ]),
    ],
  ] as const;
  const parts = groups
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) =>
      [`${heading}:`, ...lines.map((line) => `  ${escapeTerminal(line)}`)].join("\n"),
    );
  return `${[countsText(counts, hasColor), ...parts].join("\n\n")}\n`;
}

const named = (id: string, title: string): string => (title === id ? id : `${id}  ${title}`);
