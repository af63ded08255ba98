import { createHash } from "node:crypto";
import { basename, delimiter, join } from "node:path";
import { portVariables } from "../../domain/ports.ts";
import { formatDuration } from "../../kit/text.ts";
import type { Places } from "../../store/places.ts";
import type { CommandLog } from "./command-log.ts";
import { untrustedAmong } from "./command-trust.ts";
import type { Engine } from "./engine.ts";
import type { GatePlace } from "./gate-place.ts";
import { type CommandEnd, commandEndText, commandEnvironment, runCommand } from "./run-command.ts";

/** Where what a gate prints is, as long as it runs. */
export const gateOutput = (places: Places): string => join(places.gates, "output.log");

/** By which everything is found that a gate of this repository started. */
export const gateToken = (places: Places): string =>
  `gate${createHash("sha256").update(places.own).digest("hex").slice(0, 16)}`;

/** How some commands ended, one after the other. */
export type CommandsEnd =
  | { readonly kind: "passed" }
  | { readonly kind: "stopped" }
  /** `how` goes on after the command, and `output` is the end of what it printed. */
  | { readonly kind: "failed"; readonly command: string; readonly how: string; readonly output: string }
  /** What it did says nothing. */
  | { readonly kind: "refused"; readonly reason: string };

/** Runs commands where gates run, until one does not pass; what they print goes into the logs. */
export async function runInPlace(
  { places, repo, self }: Engine,
  { path, ports }: GatePlace,
  commands: readonly string[],
  options: {
    /** What they are, in the log. */
    readonly what: string;
    readonly log: CommandLog;
    readonly timeoutMs: number;
    /** They make the place ready, or take it down: what serves a run's worktree serves this one too. */
    readonly isSetUp?: boolean;
    readonly signal: AbortSignal;
  },
): Promise<CommandsEnd> {
  const { what, log, timeoutMs, signal, isSetUp } = options;
  const [untrusted] = await untrustedAmong(places, commands);
  if (untrusted !== undefined) {
    const reason = `nobody has let ${JSON.stringify(untrusted)} run here yet (chant trust commands)`;
    return { kind: "refused", reason };
  }
  const env = commandEnvironment({
    CHANT_HOME: repo.home,
    // A chant that a gate calls is to look at the merged files, not at home.
    ...(isSetUp === true
      ? { CHANT_WORKTREE: path, CHANT_SPEC_ID: basename(path).replace(/^chant-/, ""), CHANT_BRANCH: "HEAD" }
      : {}),
    ...portVariables(ports),
    PATH: [self.binFolder, process.env["PATH"] ?? ""].join(delimiter),
  });
  for (const command of commands) {
    for (let killed = 0; ;) {
      log.note(`${what}: ${command}`);
      const { end, tail, durationMs } = await runCommand({
        command,
        cwd: path,
        env,
        token: gateToken(places),
        timeoutMs,
        outputFile: gateOutput(places),
        signal,
        onLine: (line) => log.line(line),
      });
      const how = commandEndText(end);
      log.tail(tail);
      log.note(`it ${how} after ${formatDuration(durationMs)}`);
      if (end.kind === "passed") break;
      if (end.kind === "stopped" || signal.aborted) return { kind: "stopped" };
      if (end.kind === "stays" || end.kind === "not_started") {
        return { kind: "refused", reason: `${JSON.stringify(command)} ${how}` };
      }
      killed += 1;
      if (!wasKilled(end) || killed === KILLED_AT_MOST) {
        return { kind: "failed", command, how, output: tail.join("\n") };
      }
    }
  }
  return { kind: "passed" };
}

/** From outside: the machine went down, or had no memory left. That says nothing of the files, unless it comes again. */
const wasKilled = (end: CommandEnd): boolean =>
  end.kind === "signalled" && ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"].includes(end.signal);

const KILLED_AT_MOST = 3;
