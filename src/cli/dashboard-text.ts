import { escapeTerminal, formatDuration, truncate } from "../kit/text.ts";
import { timeOfDay } from "../kit/local-time.ts";
import { unreachable } from "../kit/unreachable.ts";
import { limitWords } from "../domain/limits.ts";
import type { Dashboard, RunningSpec, SpecLine, WaitingSpec } from "../app/dashboard.ts";
import type { ShownStatus } from "../app/overview.ts";
import { STATUS_ORDER } from "../app/standing.ts";
import { type Color, STATUS_COLORS, STATE_COLORS } from "./colors.ts";
import { waitedForText } from "./spec-words.ts";
import { alignParts, type Part, styledLine } from "./styled-line.ts";

export interface DashboardLook {
  /** Lines are cut to this many cells; undefined where nothing is cut. */
  readonly width?: number;
  /** No more lines than this; undefined for all. */
  readonly height?: number;
  readonly hasColor: boolean;
  /** Whether to say how it is left. */
  readonly hasKeys?: boolean;
  /** Wall time, milliseconds since 1970. */
  readonly nowMs: number;
}

/** A heading and what is below it, drawn only as far as it is shown. */
interface Section {
  readonly title: string;
  readonly count: number;
  readonly rows: (count: number) => readonly (readonly Part[])[];
}

/** Draws how everything stands: what needs a person first, and what is only for completeness last. */
export function drawDashboard(dashboard: Dashboard, look: DashboardLook): readonly string[] {
  const head = headOf(dashboard, look.hasKeys === true);
  const sections = sectionsOf(dashboard, look).filter(({ count }) => count > 0);
  const room = look.height === undefined ? Infinity : Math.max(0, look.height - head.length);
  const shown = divide(
    sections.map(({ count }) => count),
    room,
  );
  const lines = sections.flatMap((section, at) => linesOf(section, shown[at] ?? 0));
  return [...head, ...lines]
    .slice(0, look.height)
    .map((parts) => styledLine(parts, look.width, look.hasColor));
}

/** A blank line and a heading. */
const SECTION_LINES = 2;

/** How many lines each section gets before one gets more than the others. */
const FAIR_LINES = [1, 4, Infinity];

/** Divides the lines of a screen among sections: a few for each that finds room, then as many as the first ones need. */
function divide(counts: readonly number[], room: number): readonly number[] {
  const shown = counts.map(() => 0);
  let left = room;
  for (const fair of FAIR_LINES) {
    for (const [at, count] of counts.entries()) {
      const has = shown[at] ?? 0;
      const cost = has === 0 ? SECTION_LINES : 0;
      const more = Math.min(Math.min(count, fair) - has, left - cost);
      if (more <= 0) continue;
      shown[at] = has + more;
      left -= more + cost;
    }
  }
  return shown;
}

function linesOf({ title, count, rows }: Section, shown: number): readonly (readonly Part[])[] {
  if (shown === 0) return [];
  const heading: Part = { text: `${title} (${count})`, color: "bold" };
  const isCut = shown < count;
  const listed = alignParts(rows(isCut ? shown - 1 : shown));
  const more: readonly Part[] = [{ text: `  and ${count - shown + 1} more`, color: "dim" }];
  return [[], [heading], ...listed.map((parts) => ["  ", ...parts]), ...(isCut ? [more] : [])];
}

function headOf({ home, branch, watch, counts }: Dashboard, hasKeys: boolean): readonly (readonly Part[])[] {
  const words = Object.entries(counts).map(([status, count]) => ({
    text: `${count} ${status}`,
    color: STATUS_COLORS[status as ShownStatus],
  }));
  const said = watch === undefined ? "no watch runs" : `watch: process ${watch.pid}`;
  return [
    [
      { text: escapeTerminal(home.split("/").at(-1) ?? home), color: "bold" },
      ` on ${branch === undefined ? "a detached HEAD" : escapeTerminal(branch)}, `,
      said,
      ...(hasKeys ? [{ text: " (q leaves)", color: "dim" } as const] : []),
    ],
    words.length === 0
      ? ["There are no specs."]
      : words.flatMap((part, at) => (at === 0 ? [part] : [", ", part])),
  ];
}

function sectionsOf(dashboard: Dashboard, { nowMs, width }: DashboardLook): readonly Section[] {
  const { attention, running, waiting, landedToday, specs } = dashboard;
  // What is said behind a title matters more than the end of the title.
  const titleWidth = width === undefined ? Infinity : Math.max(12, Math.floor(width / 3));
  const short = (id: string, title: string): string => truncate(titled(id, title), titleWidth);
  const told = new Set([...attention, ...running, ...waiting, ...landedToday].map(({ id }) => id));
  const others = STATUS_ORDER.map(
    (status) => [status, specs.filter((spec) => spec.status === status && !told.has(spec.id))] as const,
  );
  return [
    section("Needs a person: chant why ID", attention, ({ id, title, status, reason }) => [
      id,
      colorOf(status, STATUS_COLORS[status]),
      [short(id, title), escapeTerminal(reason ?? "")].filter((text) => text !== "").join(": "),
    ]),
    section("Under way", running, (spec) => runningRow(spec, nowMs, short)),
    section("Waits", waiting, (spec) => [
      spec.id,
      short(spec.id, spec.title),
      { text: escapeTerminal(waitText(spec, nowMs)), color: spec.kind === "dependencies" ? "dim" : "yellow" },
    ]),
    section("Landed today", landedToday, ({ id, title, atMs }) => [
      id,
      colorOf(timeOfDay(atMs).slice(0, 5), "green"),
      titled(id, title),
    ]),
    ...others.map(([status, these]) =>
      section(status === "completed" ? "Completed before" : capital(status), these, specRow),
    ),
  ];
}

const section = <T>(title: string, items: readonly T[], row: (item: T) => readonly Part[]): Section => ({
  title,
  count: items.length,
  rows: (count) => items.slice(0, count).map(row),
});

const colorOf = (text: string, color: Color | undefined): Part => ({ text, color });
const titled = (id: string, title: string): string => (title === id ? "" : escapeTerminal(title));
const capital = (status: string): string =>
  (status.charAt(0).toUpperCase() + status.slice(1)).replace("_", " ");

const specRow = ({ id, title, criteria }: SpecLine): readonly Part[] => [
  id,
  criteriaText(criteria),
  titled(id, title),
];

const criteriaText = ({ done, total }: SpecLine["criteria"]): string =>
  total === 0 ? "-" : `${done}/${total}`;

function runningRow(
  { id, title, criteria, run }: RunningSpec,
  nowMs: number,
  short: (id: string, title: string) => string,
): readonly Part[] {
  if (run === undefined) return [id, "by hand", "", criteriaText(criteria), titled(id, title)];
  const { state, startedAtMs, attempt, isAttended, last } = run;
  const notes = [
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(isAttended ? [] : ["nobody lands it: chant watch"]),
    ...(last === undefined ? [] : [`${formatDuration(nowMs - last.atMs)} ago: ${last.text}`]),
  ];
  return [
    id,
    colorOf(state, STATE_COLORS[state]),
    formatDuration(nowMs - startedAtMs).padStart(7),
    criteriaText(criteria),
    [notes.length === 0 ? titled(id, title) : short(id, title), escapeTerminal(notes.join(", "))]
      .filter((text) => text !== "")
      .join(" | "),
  ];
}

function waitText(wait: WaitingSpec, nowMs: number): string {
  switch (wait.kind) {
    case "landing":
      return `to land: ${wait.reason}${wait.files.length === 0 ? "" : ` (${wait.files.join(", ")})`}`;
    case "retry": {
      if (wait.limit !== undefined) {
        return `for ${limitWords(wait.limit.account, wait.limit.untilMs)}: ${wait.reason}`;
      }
      const which = wait.of === 0 ? "to be resumed" : `for retry ${wait.n} of ${wait.of}`;
      const due = wait.atMs > nowMs ? ` in ${formatDuration(wait.atMs - nowMs)}` : " now";
      return `${which} at ${timeOfDay(wait.atMs)},${due}: ${wait.reason}`;
    }
    case "takeover":
      return `for somebody to go on, its run is ${wait.state}: chant work, or chant watch`;
    case "dependencies": {
      const [first, ...rest] = wait.dependencies;
      const more = rest.length === 0 ? "" : `, and ${rest.length} more`;
      return first === undefined ? "" : `for ${waitedForText(first)}${more}`;
    }
    case "paused": {
      const by = wait.by === undefined ? "" : `, taken over by ${wait.by}`;
      return `paused${by}${wait.reason === undefined ? "" : `: ${wait.reason}`}`;
    }
    case "other":
      return wait.reason;
    default:
      return unreachable(wait);
  }
}
