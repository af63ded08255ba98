import { ChantError } from "../kit/errors.ts";
import type { SpecId } from "../domain/id.ts";
import { isSameAttempt, type LogEntry, type LoggedLaunch, parseLogLine } from "../domain/log-line.ts";
import { statIfExists } from "../host/files.ts";
import { FileFollower } from "../host/follow-file.ts";
import { Inbox } from "../host/inbox.ts";
import { readLines, readUnpacked } from "../host/packed-file.ts";
import { type LogPart, oldLogParts } from "../store/log-files.ts";
import { rawLogFile, specLogFile } from "../store/places.ts";
import { readRecord } from "./engine/record.ts";
import { viewRun } from "./run-view.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface LogRequest {
  /** A part of an id. */
  readonly partial: string;
  /** Only this attempt, of the last run that has one of this number. */
  readonly attempt?: number;
  /** Stays until the run is over. */
  readonly follow: boolean;
  /** Ends the following. */
  readonly signal: AbortSignal;
}

export interface LogEnd {
  readonly id: SpecId;
  /** The run goes on only when somebody takes it over, so nothing more is to come. */
  readonly isUnattended: boolean;
}

/** Takes a line of the log; `entry` is undefined where an earlier chant wrote it. */
export type OnEntry = (entry: LogEntry | undefined, line: string) => void;

/** One attempt's part of a log. */
interface Section extends LoggedLaunch {
  readonly part: LogPart;
  readonly fromBytes: number;
}

/** How often it is looked whether the run is over, in milliseconds; events come sooner. */
const LOOK_MS = 500;

/** How long a run may be nobody's before its log is left: a watch takes over within that time, in milliseconds. */
const UNATTENDED_MS = 5_000;

/**
 * Passes on, line by line, what the agents of a spec have printed and what became of them.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS, NO_LOG_YET, ATTEMPT_UNKNOWN
 */
export async function readLog(workspace: Workspace, request: LogRequest, take: OnEntry): Promise<LogEnd> {
  return follow(workspace, request, take, () => Promise.resolve());
}

/**
 * Passes on what the agents of a spec have printed, byte for byte. A piece is good until the next one comes.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS, NO_LOG_YET, ATTEMPT_UNKNOWN
 */
export async function readRawLog(
  workspace: Workspace,
  request: LogRequest,
  take: (piece: Uint8Array) => void,
): Promise<LogEnd> {
  let path: string | undefined;
  let atBytes: number | undefined;
  let toBytes = Infinity;
  return follow(
    workspace,
    request,
    (entry) => {
      if (request.attempt !== undefined && entry?.kind === "launch") atBytes ??= entry.rawFromBytes;
    },
    async (raw, next) => {
      // Each part has its own; two have the same where somebody was stopped while putting them aside.
      if (raw !== path && path !== undefined) atBytes = undefined;
      path = raw;
      toBytes = next?.rawFromBytes ?? toBytes;
      atBytes = await readUnpacked(raw, atBytes ?? 0, toBytes, take);
    },
  );
}

/**
 * @param turn called whenever lines have been taken, with the raw part that they are of, and with the launch that ended
 * the attempt that was asked for
 */
async function follow(
  workspace: Workspace,
  request: LogRequest,
  take: OnEntry,
  turn: (raw: string, next: LoggedLaunch | undefined) => Promise<void>,
): Promise<LogEnd> {
  const { places } = workspace;
  const id = await requireId(workspace, request.partial);
  const live: LogPart = { log: specLogFile(places.logs, id), raw: rawLogFile(places.logs, id) };
  const old = await oldLogParts(places.logs, id);
  const isLive = request.follow && (await standingOf(workspace, id)) !== "over";
  if (!isLive && old.length === 0 && (await statIfExists(live.log)) === undefined) {
    throw new ChantError("NO_LOG_YET", `${id} has no log: no agent has worked on it yet.`, {
      hint: `Give it to one: chant work ${id}`,
    });
  }
  const section =
    request.attempt === undefined ? undefined : await sectionOf([...old, live], id, request.attempt);
  let next: LoggedLaunch | undefined;
  const onLine = (line: string): void => {
    const entry = parseLogLine(line);
    if (section !== undefined && entry?.kind === "launch" && !isSameAttempt(entry, section)) next ??= entry;
    if (next === undefined) take(entry, line);
  };
  // An attempt is in one part as a whole: nothing is put aside while its run is not over.
  for (const part of old.filter(({ log }) => section === undefined || section.part.log === log)) {
    await readLines(part.log, (line, endBytes) => {
      if (endBytes > (section?.fromBytes ?? 0)) onLine(line);
    });
    await turn(part.raw, next);
  }
  if (section !== undefined && section.part !== live) return { id, isUnattended: false };
  const follower = new FileFollower(live.log, section?.fromBytes ?? 0, onLine);
  let isUnattended = false;
  try {
    await follower.read();
    await turn(live.raw, next);
    if (isLive) {
      isUnattended = await untilOver(workspace, id, request.signal, async () => {
        await follower.read();
        await turn(live.raw, next);
        return next !== undefined;
      });
    }
  } finally {
    await follower[Symbol.asyncDispose]();
  }
  await turn(live.raw, next);
  return { id, isUnattended };
}

/** Waits until the run is over; true when it is nobody's. `look` is called again and again, and ends it too. */
async function untilOver(
  workspace: Workspace,
  id: SpecId,
  signal: AbortSignal,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const { places } = workspace;
  using inbox = new Inbox();
  for (const folder of [places.records, places.inbox, places.logs]) inbox.watch(folder);
  const wake = (): void => inbox.wake();
  signal.addEventListener("abort", wake, { once: true });
  try {
    let unattendedSinceMs: number | undefined;
    while (!signal.aborted) {
      const standing = await standingOf(workspace, id);
      if (standing === "over" || (await look())) return false;
      const nowMs = performance.now();
      unattendedSinceMs = standing === "unattended" ? (unattendedSinceMs ?? nowMs) : undefined;
      if (unattendedSinceMs !== undefined && nowMs - unattendedSinceMs > UNATTENDED_MS) return true;
      await inbox.wait(LOOK_MS);
    }
    return false;
  } finally {
    signal.removeEventListener("abort", wake);
  }
}

/** Tells whether more may come into the log of a spec. */
async function standingOf({ places }: Workspace, id: SpecId): Promise<"under_way" | "unattended" | "over"> {
  const record = await readRecord(places, id);
  // Its last words are written before its status is published.
  if (record === undefined || record.parked?.isPublished === true) return "over";
  const { owner, state } = await viewRun(places, record);
  return owner.isAlive || state === "working" || state === "checking" ? "under_way" : "unattended";
}

/** Finds where an attempt begins. A spec that was reset counts its attempts anew, so it is the last of that number. */
async function sectionOf(parts: readonly LogPart[], id: SpecId, attempt: number): Promise<Section> {
  const sections: Section[] = [];
  for (const part of parts) {
    let fromBytes = 0;
    await readLines(part.log, (line, endBytes) => {
      const entry = parseLogLine(line);
      const last = sections.at(-1);
      if (entry?.kind === "launch" && (last === undefined || !isSameAttempt(last, entry))) {
        sections.push({ ...entry, part, fromBytes });
      }
      fromBytes = endBytes;
    });
  }
  const found = sections.findLast((section) => section.attempt === attempt);
  if (found !== undefined) return found;
  const known = [...new Set(sections.map((section) => section.attempt))].toSorted((a, b) => a - b);
  throw new ChantError("ATTEMPT_UNKNOWN", `The log of ${id} has no attempt ${attempt}.`, {
    hint:
      known.length === 0
        ? `See what there is: chant log ${id}`
        : `It has ${known.length === 1 ? "attempt" : "attempts"} ${known.join(", ")}.`,
  });
}
