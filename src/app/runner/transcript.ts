import { join } from "node:path";
import { agentEventLine } from "../../domain/agent-event.ts";
import { type AgentReport, count, reportOf, type Tally } from "../../domain/agent-report.ts";
import { FileFollower } from "../../host/follow-file.ts";
import { appendLines, readIfExists, writePlain } from "../../host/files.ts";
import type { TranscriptReader } from "../../agent/provider.ts";
import type { Launch } from "../engine/launch.ts";

/** What an agent had to say from its start to its end. */
export interface Told {
  /** Only of a program whose output can be read. */
  readonly report?: AgentReport;
  /** Its last lines, as the log has them, without the time. */
  readonly lines: readonly string[];
}

/** How many lines are kept for whoever wants to know why it failed. */
const KEPT_LINES = 200;

/** The longest line of a program whose output can be read, in bytes: one event may hold a whole file. */
const EVENT_LIMIT_BYTES = 16 * 1024 * 1024;

const FLUSH_MS = 200;

/**
 * Follows an agent's output into `.chant/logs/ID.log`: line by line, or, where its output can be read, one line an
 * event, and then what it printed goes to `ID.jsonl`. It reads from the beginning, so that what an earlier runner has
 * seen is in the report too; the logs go on from where that one stopped.
 */
export class Transcript implements AsyncDisposable {
  readonly #log: string;
  readonly #raw: string;
  readonly #positionFile: string;
  readonly #reader: TranscriptReader | undefined;
  readonly #follower: FileFollower;
  readonly #timer: NodeJS.Timeout;
  readonly #loggedBytes: number;
  readonly #lines: string[] = [];
  readonly #pending: string[] = [];
  readonly #pendingRaw: string[] = [];
  #readBytes = 0;
  #lastMs = 0;
  #tally: Tally = {};
  #flushing = Promise.resolve();

  private constructor(output: string, loggedBytes: number, launch: Launch, reader?: TranscriptReader) {
    this.#log = join(launch.logs, `${launch.id}.log`);
    this.#raw = join(launch.logs, `${launch.id}.jsonl`);
    this.#positionFile = positionFile(output);
    this.#loggedBytes = loggedBytes;
    this.#reader = reader;
    const limitBytes = reader === undefined ? undefined : EVENT_LIMIT_BYTES;
    this.#follower = new FileFollower(output, 0, (line, end) => this.#take(line, end), limitBytes);
    this.#timer = setInterval(() => void this.#flush(), FLUSH_MS);
    this.#timer.unref();
    const { attempt, launch: number, id, agentName } = launch;
    this.note(`attempt ${attempt} (launch ${number}) of ${id}, agent ${agentName}`);
  }

  static async follow(output: string, launch: Launch, reader?: TranscriptReader): Promise<Transcript> {
    const loggedBytes = Number((await readIfExists(positionFile(output))) ?? 0);
    return new Transcript(output, loggedBytes, launch, reader);
  }

  /** When the last line came, on the monotonic clock, in milliseconds; 0 before the first. */
  get lastOutputMs(): number {
    return this.#lastMs;
  }

  /** Puts words of chant's own into the log. */
  note(words: string): void {
    this.#write(`== ${words}`);
  }

  #write(line: string): void {
    this.#pending.push(`${stamp()} ${line}`);
  }

  #take(line: string, endBytes: number): void {
    const isNew = endBytes > this.#loggedBytes;
    this.#readBytes = endBytes;
    if (isNew) this.#lastMs = performance.now();
    if (isNew && this.#reader !== undefined) this.#pendingRaw.push(line);
    for (const words of this.#reader === undefined ? [line] : this.#wordsOf(this.#reader, line)) {
      this.#lines.push(words);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      if (isNew) this.#write(words);
    }
  }

  #wordsOf(reader: TranscriptReader, line: string): readonly string[] {
    return reader.line(line).flatMap((event) => {
      this.#tally = count(this.#tally, event);
      return agentEventLine(event) ?? [];
    });
  }

  /** A log that cannot be written holds nothing up: the agent's own output file is still there. */
  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#writeOut()).catch(() => undefined);
    return this.#flushing;
  }

  async #writeOut(): Promise<void> {
    const [words, printed] = [this.#pending.splice(0), this.#pendingRaw.splice(0)];
    const readBytes = this.#readBytes;
    if (words.length > 0) await appendLines(this.#log, words);
    if (printed.length > 0) await appendLines(this.#raw, printed);
    // A runner that is killed right here makes the next one write these few lines again: better twice than never.
    if (readBytes > this.#loggedBytes) await writePlain(this.#positionFile, String(readBytes));
  }

  /** Reads to the end, and returns what it was in all. */
  async finish(): Promise<Told> {
    await this[Symbol.asyncDispose]();
    return {
      lines: this.#lines,
      ...(this.#reader === undefined ? {} : { report: reportOf(this.#tally) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#follower[Symbol.asyncDispose]();
    await this.#flush();
  }
}

const positionFile = (output: string): string => `${output}.position`;

/** The local time of day. */
function stamp(): string {
  const now = new Date();
  return `[${[now.getHours(), now.getMinutes(), now.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":")}]`;
}
