import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { agentEventLines } from "../domain/agent-event.ts";
import { count, endByReport, reportOf, type Tally } from "../domain/agent-report.ts";
import type { AgentConfig } from "../domain/config.ts";
import { jsonIn } from "../domain/json-text.ts";
import { passedEnvironment } from "../domain/environment.ts";
import { judgeEnd } from "../domain/judge.ts";
import { redactor } from "../domain/redact.ts";
import { ChantError } from "../kit/errors.ts";
import { systemClock } from "../host/clock.ts";
import { appendLines, readIfExists, readUntrusted, writePlain } from "../host/files.ts";
import { FileFollower } from "../host/follow-file.ts";
import type { Asking } from "../agent/provider.ts";
import { providerOf } from "../agent/providers.ts";
import { agentEnvironment } from "../git/settings.ts";
import type { AskPlace } from "./ask-place.ts";
import { outputFile } from "./engine/launch.ts";
import { endAgent, endOf, startAgent } from "./runner/agent-process.ts";
import { waitForAgent } from "./runner/timers.ts";

export interface AgentQuery {
  /** Counts the questions of one place, from 1. */
  readonly number: number;
  readonly prompt: string;
  readonly schema: unknown;
  /** Tells the answer from other objects that the agent printed. */
  readonly isMeant: (value: Readonly<Record<string, unknown>>) => boolean;
  readonly agent: AgentConfig;
  readonly asking: Asking;
  readonly model: string | undefined;
  readonly home: string;
  /** Where what it says is kept, readable. */
  readonly log: string;
  readonly envPass: "all" | readonly string[];
  /** The configuration's own patterns of secrets. */
  readonly redact: readonly string[];
  readonly stallMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told of each line that it prints. */
  readonly onLine: (line: string) => void;
}

export interface AgentAnswer {
  /** The value in its answer; undefined when there was none. */
  readonly value: unknown;
  /** The answer as it was given. */
  readonly text: string;
}

/** The longest line of output that is read, and the longest answer in a file of its own, in bytes. */
const LINE_LIMIT_BYTES = 16 * 1024 * 1024;
const ANSWER_LIMIT_BYTES = 4 * 1024 * 1024;

/** What an agent inherits of a run's own variables would send its commands there. */
const OF_A_RUN = /^CHANT_(SPEC_ID|SPEC_FILE|WORKTREE|BRANCH|STATUS_FILE|ATTEMPT|HOME)$/;

/**
 * Asks an agent one question in a place of its own, and returns what it answered. Nothing of it runs afterwards.
 * @throws ChantError AGENT_FAILED when it ended otherwise than well; INTERRUPTED when the signal came
 */
export async function askAgent(place: AskPlace, query: AgentQuery): Promise<AgentAnswer> {
  const { number, agent, asking, signal } = query;
  const promptFile = join(place.folder, `prompt-${number}.md`);
  const answerFile = join(place.folder, `answer-${number}.json`);
  await place.refresh();
  await writePlain(promptFile, query.prompt);
  const { model, home, schema } = query;
  const command = asking.command({ agent, model, home, schema, session: randomUUID() });
  for (const file of command.files) await writePlain(file.path, file.content);
  const passed = passedEnvironment(agentEnvironment(), query.envPass);
  const inherited = Object.entries(passed).filter(([name]) => !OF_A_RUN.test(name));
  const running = await startAgent({
    folder: place.folder,
    launch: number,
    run: place.token,
    argv: command.argv,
    cwd: place.copy,
    env: {
      ...Object.fromEntries(inherited),
      ...command.env,
      ...agent.env,
      CHANT_PROMPT_FILE: promptFile,
      CHANT_OUTPUT_FILE: answerFile,
      ...(model === undefined ? {} : { CHANT_MODEL: model }),
    },
    stdinFile: command.readsPrompt ? promptFile : undefined,
  });
  const output = outputFile(place.folder, number);
  const listener = new Listener(output, query);
  const stopped = await Promise.race([
    waitForAgent(running, listener, query, () => Promise.resolve(false), systemClock),
    aborted(signal),
  ]);
  await endAgent(place.token, running.file.group, stopped === undefined ? 500 : 2_000);
  await listener[Symbol.asyncDispose]();
  if (stopped === "aborted") throw interrupted(signal);
  if (stopped?.kind === "said_done") throw new Error("an agent that is asked has no status file");
  const end = listener.endBy(stopped ?? (await endOf(place.folder, number)));
  const verdict = judgeEnd(end);
  if (verdict !== undefined && verdict.kind !== "done") {
    throw new ChantError("AGENT_FAILED", `There is no proposal: ${verdict.reason}.`, {
      hint: `What it printed is in ${query.log}. Nothing was written.`,
    });
  }
  return answerOf(
    query,
    await readUntrusted(answerFile, ANSWER_LIMIT_BYTES),
    (await readIfExists(output)) ?? "",
  );
}

function answerOf({ asking, isMeant }: AgentQuery, inFile: string | undefined, output: string): AgentAnswer {
  const given = inFile !== undefined && inFile.trim() !== "" ? inFile : asking.answer(output);
  if (typeof given === "string") return { value: jsonIn(given, isMeant), text: given };
  return { value: given, text: given === undefined ? "" : JSON.stringify(given) };
}

const aborted = (signal: AbortSignal): Promise<"aborted"> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    else signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });

const interrupted = (signal: AbortSignal): ChantError =>
  new ChantError("INTERRUPTED", "Stopped: the agent was ended, and nothing was written.", {
    exitStatus: signal.reason === "SIGTERM" ? 143 : 130,
  });

/** Reads what an agent prints while it does: for whoever watches, for the log, and for how it ended. */
class Listener implements AsyncDisposable {
  lastOutputMs = 0;
  readonly #reader: ReturnType<NonNullable<ReturnType<typeof providerOf>["reader"]>> | undefined;
  readonly #follower: FileFollower;
  readonly #log: string;
  readonly #lines: string[] = [];
  #tally: Tally = {};

  constructor(output: string, { agent, log, onLine, number, redact: patterns }: AgentQuery) {
    const redact = redactor(patterns, { ...process.env, ...agent.env });
    this.#reader = providerOf(agent).reader?.(() => systemClock.nowMs());
    this.#log = log;
    this.#lines.push(`== ${new Date().toISOString()} question ${number}`);
    const take = (text: string): void => {
      this.lastOutputMs = performance.now();
      for (const line of this.#wordsOf(redact(text))) {
        this.#lines.push(line);
        onLine(line);
      }
    };
    this.#follower = new FileFollower(output, 0, take, LINE_LIMIT_BYTES);
  }

  #wordsOf(text: string): readonly string[] {
    if (this.#reader === undefined) return [text];
    return this.#reader.line(text).flatMap((event) => {
      this.#tally = count(this.#tally, event);
      return agentEventLines(event);
    });
  }

  /** A program that reports is believed, not its exit status. */
  endBy(end: Parameters<typeof endByReport>[0]): ReturnType<typeof endByReport> {
    if (this.#reader === undefined) return end;
    const report = reportOf(this.#tally);
    return endByReport(end, report, report.session === undefined ? this.#lines.at(-1) : undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#follower[Symbol.asyncDispose]();
    await appendLines(this.#log, this.#lines);
  }
}
