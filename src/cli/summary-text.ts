import { escapeTerminal, formatDuration, plural } from "../kit/text.ts";
import type { WorkSummary } from "../app/work.ts";

interface Group {
  readonly title: string;
  readonly items: readonly {
    readonly id: string;
    readonly reason?: string;
    readonly files?: readonly string[];
  }[];
  /** What to type next about one of them. */
  readonly next: (id: string) => string;
  readonly note?: string;
}

/** Returns what became of everything: the counts, then each spec that is not landed with its reason and a command. */
export function summaryText(summary: WorkSummary): string {
  const groups: readonly Group[] = [
    { title: "Failed", items: summary.failed, next: (id) => `chant log ${id}` },
    { title: "Need attention", items: summary.attention, next: (id) => `chant why ${id}` },
    {
      title: "Done, and waiting to land",
      items: summary.waiting.filter(({ isForPerson }) => isForPerson !== true),
      next: (id) => `chant work ${id}`,
    },
    {
      title: "Done, and waiting for a person",
      items: summary.waiting.filter(({ isForPerson }) => isForPerson === true),
      next: (id) => `chant why ${id}`,
    },
    { title: "Not started", items: summary.skipped, next: (id) => `chant why ${id}` },
    {
      title: "Still under way",
      items: summary.running.map((id) => ({ id })),
      next: (id) => `chant log ${id} -f`,
      note: "What they finish lands by the watch, or with the next: chant work",
    },
  ];
  const lines = groups.filter(({ items }) => items.length > 0).flatMap(groupLines);
  return [countsLine(summary), ...lines].map((line) => `${line}\n`).join("");
}

function countsLine(summary: WorkSummary): string {
  const counts: readonly (readonly [number, string])[] = [
    [summary.failed.length, "failed"],
    [summary.attention.length, "in need of attention"],
    [summary.waiting.length, "waiting to land"],
    [summary.skipped.length, "not started"],
    [summary.running.length, "still under way"],
  ];
  const others = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  const landed = `${plural(summary.landed.length, "spec")} landed`;
  return `${[landed, ...others].join(", ")} in ${formatDuration(summary.durationMs)}.`;
}

function groupLines({ title, items, next, note }: Group): readonly string[] {
  return [
    "",
    `${title}:`,
    ...items.flatMap(({ id, reason, files = [] }) => {
      const names = files.length === 0 ? "" : ` (${files.join(", ")})`;
      const why = reason === undefined || reason === "" ? "" : `: ${reason}`;
      return [`  ${id}${escapeTerminal(`${why}${names}`)}`, `    $ ${next(id)}`];
    }),
    ...(note === undefined ? [] : [`  ${note}`]),
  ];
}
