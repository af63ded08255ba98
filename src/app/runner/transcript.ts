import { join } from "node:path";
import { FileFollower } from "../../host/follow-file.ts";
import { appendLines, readIfExists, writePlain } from "../../host/files.ts";
import type { Launch } from "../engine/launch.ts";

/** The readable log of a run: what the agent printed, line by line with the time, and what chant has to say. */
export interface Transcript extends AsyncDisposable {
  /** When the last line came, on the monotonic clock, in milliseconds; 0 before the first. */
  lastOutputMs(): number;
  note(words: string): void;
}

/** Follows the agent's output file from where an earlier runner stopped into `.chant/logs/ID.log`. */
export async function followOutput(output: string, launch: Launch): Promise<Transcript> {
  const log = join(launch.logs, `${launch.id}.log`);
  const position = `${output}.position`;
  let last = 0;
  const pending: string[] = [];
  const write = (line: string): void => {
    pending.push(`${stamp()} ${line}`);
  };
  const start = Number((await readIfExists(position)) ?? 0);
  write(`== attempt ${launch.attempt} (launch ${launch.launch}) of ${launch.id}, agent ${launch.agentName}`);
  const follower = new FileFollower(output, start, (line) => {
    last = performance.now();
    write(line);
  });
  const flush = async (): Promise<void> => {
    const lines = pending.splice(0);
    if (lines.length === 0) return;
    await appendLines(log, lines);
    // A runner that is killed right here makes the next one write these few lines again: better twice than never.
    await writePlain(position, String(follower.offsetBytes));
  };
  const timer = setInterval(() => void flush(), 200);
  timer.unref();
  return {
    lastOutputMs: () => last,
    note: (words) => write(`== ${words}`),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await follower[Symbol.asyncDispose]();
      await flush();
    },
  };
}

/** The local time of day. */
function stamp(): string {
  const now = new Date();
  return `[${[now.getHours(), now.getMinutes(), now.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":")}]`;
}
