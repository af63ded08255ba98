import { type AgentEvent, agentEventLines } from "../../domain/agent-event.ts";
import { type AgentReport, count, reportOf, type Tally } from "../../domain/agent-report.ts";
import { type LogEntry, logLines } from "../../domain/log-line.ts";
import type { Redact } from "../../domain/redact.ts";
import { appendRange } from "../../host/byte-range.ts";
import { FileFollower } from "../../host/follow-file.ts";
import { appendLines, readIfExists, statIfExists, writePlain } from "../../host/files.ts";
import { rawLogFile, specLogFile } from "../../store/places.ts";
import type { TranscriptReader } from "../../agent/provider.ts";
import type { Launch } from "../engine/launch.ts";
import { redactorOf } from "./secrets.ts";

/** What an agent had to say from its start to its end. */
export interface Told {
  /** Only of a program whose output can be read. */
  readonly report?: AgentReport;
  /**
   * Its last lines, as the log has them, without the time. Of a program whose output can be read, only those that may say
   * why it failed: what a model says of a time-out, or a session whose name has a 503 in it, is no reason.
   */
  readonly lines: readonly string[];
}

/** How many lines are kept for whoever wants to know why it failed. */
const KEPT_LINES = 200;

/** What may say why a program failed, once it has said who it is. */
const REASONS: ReadonlySet<AgentEvent["kind"]> = new Set(["error", "retrying", "limit", "denied", "ended"]);

/** The longest line of a program whose output can be read, in bytes: one event may hold a whole file. */
const EVENT_LIMIT_BYTES = 16 * 1024 * 1024;

const FLUSH_MS = 200;

/** The most lines that wait for a log that cannot be written. */
const PENDING_LINES = 10_000;

/**
 * Follows an agent's output into `.chant/logs/ID.log`: line by line, or, where its output can be read, event by event.
 * without secrets. What it printed goes to `ID.raw`, byte for byte. It reads from the beginning, so that what an earlier runner has seen
 * is in the report too; the logs go on from where that one stopped.
 */
export class Transcript implements AsyncDisposable {
  readonly #log: string;
  readonly #raw: string;
  readonly #output: string;
  readonly #positionFile: string;
  readonly #reader: TranscriptReader | undefined;
  readonly #redact: Redact;
  readonly #follower: FileFollower;
  #timer: NodeJS.Timeout | undefined;
  readonly #loggedBytes: number;
  readonly #lines: string[] = [];
  readonly #pending: string[] = [];
  #readBytes = 0;
  /** How much of the output both logs have. */
  #writtenBytes: number;
  #lastMs = 0;
  #tally: Tally = {};
  #hasStarted = false;
  #flushing = Promise.resolve();

  private constructor(
    output: string,
    bytes: { readonly logged: number; readonly raw: number },
    launch: Launch,
    reader?: TranscriptReader,
  ) {
    this.#log = specLogFile(launch.logs, launch.id);
    this.#raw = rawLogFile(launch.logs, launch.id);
    this.#output = output;
    this.#positionFile = positionFile(output);
    this.#loggedBytes = bytes.logged;
    this.#writtenBytes = bytes.logged;
    this.#reader = reader;
    this.#redact = redactorOf(launch);
    const limitBytes = reader === undefined ? undefined : EVENT_LIMIT_BYTES;
    this.#follower = new FileFollower(output, 0, (line, end) => this.#take(line, end), limitBytes);
    const { run, attempt, launch: number, agentName: agent } = launch;
    const atMs = Date.now();
    this.#write({ kind: "launch", atMs, run, attempt, launch: number, agent, rawFromBytes: bytes.raw });
  }

  static async follow(output: string, launch: Launch, reader?: TranscriptReader): Promise<Transcript> {
    const logged = Number((await readIfExists(positionFile(output))) ?? 0);
    const raw = (await statIfExists(rawLogFile(launch.logs, launch.id)))?.size ?? 0;
    return new Transcript(output, { logged, raw }, launch, reader);
  }

  /** When the last line came that is a sign of life, which asking the model again is not, on the monotonic clock, in milliseconds; 0 before the first. */
  get lastOutputMs(): number {
    return this.#lastMs;
  }

  /** What it has used so far, in its own words. */
  get used(): Pick<AgentReport, "session" | "usage"> {
    const { session, usage } = reportOf(this.#tally);
    return { ...(session === undefined ? {} : { session }), ...(usage === undefined ? {} : { usage }) };
  }

  /** Puts words of chant's own into the log. */
  note(words: string): void {
    this.#write({ kind: "note", atMs: Date.now(), text: words });
  }

  #write(entry: LogEntry): void {
    this.#pending.push(...logLines(entry));
    this.#flushLater();
  }

  /** What comes close together is written together; while nothing comes, nothing wakes. */
  #flushLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, FLUSH_MS).unref();
  }

  #take(printed: string, endBytes: number): void {
    // Before anything reads it: reports and reasons are made of it too.
    const line = this.#redact(printed);
    const isNew = endBytes > this.#loggedBytes;
    this.#readBytes = endBytes;
    this.#flushLater();
    const events = this.#reader?.line(line);
    const isLife =
      events === undefined || events.length === 0 || events.some(({ kind }) => kind !== "retrying");
    if (isNew && isLife) this.#lastMs = performance.now();
    if (events === undefined) this.#tell(line, isNew, true);
    for (const event of events ?? []) {
      this.#tally = count(this.#tally, event);
      this.#hasStarted ||= event.kind === "started";
      const isReason = !this.#hasStarted || REASONS.has(event.kind);
      for (const words of agentEventLines(event)) this.#tell(words, isNew, isReason);
    }
  }

  #tell(words: string, isNew: boolean, isReason: boolean): void {
    if (isReason) {
      this.#lines.push(words);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    }
    if (isNew) this.#write({ kind: "output", atMs: Date.now(), text: words });
  }

  /** A log that cannot be written holds nothing up: the agent's own output file is still there. */
  #flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#writeOut()).catch(() => undefined);
    return this.#flushing;
  }

  async #writeOut(): Promise<void> {
    // What cannot be written now, as on a disk that is full for a moment, is with what comes next.
    this.#pending.splice(0, this.#pending.length - PENDING_LINES);
    const words = [...this.#pending];
    const readBytes = this.#readBytes;
    if (words.length > 0) await appendLines(this.#log, words);
    this.#pending.splice(0, words.length);
    if (readBytes <= this.#writtenBytes) return;
    await appendRange(this.#output, this.#writtenBytes, readBytes, this.#raw);
    this.#writtenBytes = readBytes;
    // A runner that is killed right here makes the next one write these few lines again: better twice than never.
    await writePlain(this.#positionFile, String(readBytes));
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
    clearTimeout(this.#timer);
    await this.#follower[Symbol.asyncDispose]();
    await this.#flush();
  }
}

const positionFile = (output: string): string => `${output}.position`;
