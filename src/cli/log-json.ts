import { type LogEntry, isSameAttempt, type LoggedLaunch } from "../domain/log-line.ts";

interface Line {
  /** RFC 3339, UTC; absent where an earlier chant wrote the line. */
  readonly at?: string;
  readonly attempt?: number;
  readonly from?: "agent" | "chant";
  readonly text: string;
}

interface Attempt {
  readonly run: string;
  readonly attempt: number;
  readonly agent: string;
  readonly startedAt: string;
}

/** Returns a log as `--json` gives it: its attempts, and its lines with who wrote them. */
export function logJson(entries: readonly (LogEntry | string)[]): {
  readonly attempts: readonly Attempt[];
  readonly lines: readonly Line[];
} {
  const attempts: Attempt[] = [];
  const lines: Line[] = [];
  let current: LoggedLaunch | undefined;
  for (const entry of entries) {
    if (typeof entry === "string") {
      lines.push({ text: entry });
      continue;
    }
    const at = new Date(entry.atMs).toISOString();
    if (entry.kind === "launch") {
      const { run, attempt, agent } = entry;
      if (current === undefined || !isSameAttempt(current, entry)) {
        attempts.push({ run, attempt, agent, startedAt: at });
      }
      current = entry;
    } else {
      const of = current === undefined ? {} : { attempt: current.attempt };
      lines.push({ at, ...of, from: entry.kind === "output" ? "agent" : "chant", text: entry.text });
    }
  }
  return { attempts, lines };
}
