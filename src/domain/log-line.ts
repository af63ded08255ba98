import { localDay, timeOfDay } from "../kit/local-time.ts";
import { unreachable } from "../kit/unreachable.ts";

/** What stands in the log of a spec, `.chant/logs/ID.log`. Times are wall time in milliseconds since 1970. */
export type LogEntry = { readonly atMs: number } & (
  | { readonly kind: "output"; readonly text: string }
  /** Words of chant's own. */
  | { readonly kind: "note"; readonly text: string }
  /** From here on the agent of this launch is read. */
  | ({ readonly kind: "launch" } & LoggedLaunch)
);

export interface LoggedLaunch {
  readonly run: string;
  readonly attempt: number;
  readonly launch: number;
  readonly agent: string;
  /** Where in `ID.raw` begins what its agent printed. */
  readonly rawFromBytes: number;
}

/** Behind the time, at a place where no agent can write: what it prints always comes behind a `|`. */
const MARKS = { output: "|", note: "=", launch: "#" } as const;

/** Returns an entry as lines of the log, each with the whole time (UTC); text of several lines has it on each. */
export function logLines(entry: LogEntry): readonly string[] {
  const before = `${new Date(entry.atMs).toISOString()} ${MARKS[entry.kind]} `;
  return textOf(entry)
    .split("\n")
    .map((line) => before + line);
}

function textOf(entry: LogEntry): string {
  if (entry.kind !== "launch") return entry.text;
  const { attempt, launch, run, rawFromBytes, agent } = entry;
  return `attempt ${attempt}, launch ${launch}, run ${run}, raw output from byte ${rawFromBytes}, agent ${agent}`;
}

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([|=#]) (.*)$/s;
const LAUNCH = /^attempt (\d+), launch (\d+), run (\w+), raw output from byte (\d+), agent (.*)$/;

/** Returns what agents printed by a log, without its times and without chant's own words. */
export const printedIn = (log: string): readonly string[] =>
  log.split("\n").flatMap((line) => {
    const entry = parseLogLine(line);
    return entry?.kind === "output" ? [entry.text] : [];
  });

/** Reads one line of a log; undefined when it has no such shape. */
export function parseLogLine(line: string): LogEntry | undefined {
  const [, time = "", mark, text = ""] = LINE.exec(line) ?? [];
  const atMs = Date.parse(time);
  if (Number.isNaN(atMs)) return undefined;
  if (mark === MARKS.output) return { atMs, kind: "output", text };
  if (mark === MARKS.note) return { atMs, kind: "note", text };
  const [, attempt, launch, run = "", raw, agent = ""] = LAUNCH.exec(text) ?? [];
  if (attempt === undefined) return undefined;
  return {
    atMs,
    kind: "launch",
    run,
    attempt: Number(attempt),
    launch: Number(launch),
    agent,
    rawFromBytes: Number(raw),
  };
}

/** Turns entries into what a person reads: the time of day at the left of each line, a date where the day changes. */
export class ReadableLog {
  #day: string | undefined;
  #current: LoggedLaunch | undefined;

  /** Returns the lines for the next entry. */
  lines(entry: LogEntry): readonly string[] {
    const { atMs } = entry;
    const day = localDay(atMs);
    const isNewDay = day !== this.#day;
    this.#day = day;
    const time = `[${timeOfDay(atMs)}]`;
    const date = isNewDay ? [`== ${day}`] : [];
    switch (entry.kind) {
      case "output":
        return [...date, `${time} ${entry.text}`];
      case "note":
        return [...date, `${time} == ${entry.text}`];
      case "launch": {
        const before = this.#current;
        this.#current = entry;
        if (before !== undefined && isSameAttempt(before, entry)) {
          return [...date, `${time} == goes on with launch ${entry.launch}`];
        }
        const header = `== Attempt ${entry.attempt} by agent ${entry.agent}, started ${day} ${timeOfDay(atMs)}`;
        return before === undefined ? [header] : ["", header];
      }
      default:
        return unreachable(entry);
    }
  }
}

/** Tells whether two launches are of one attempt: a spec that was reset counts its attempts anew. */
export const isSameAttempt = (
  a: Pick<LoggedLaunch, "run" | "attempt">,
  b: Pick<LoggedLaunch, "run" | "attempt">,
): boolean => a.run === b.run && a.attempt === b.attempt;
