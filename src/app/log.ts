import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import type { SpecId } from "../domain/id.ts";
import { statIfExists } from "../host/files.ts";
import { FileFollower } from "../host/follow-file.ts";
import { Inbox } from "../host/inbox.ts";
import { readRecord } from "./engine/record.ts";
import { viewRun } from "./run-view.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface LogRequest {
  /** A part of an id. */
  readonly partial: string;
  /** Stays until the spec's agent has ended. */
  readonly follow: boolean;
  /** Ends the following. */
  readonly signal: AbortSignal;
}

/** How often it is looked whether the run is over, in milliseconds; events come sooner. */
const LOOK_MS = 500;

/**
 * Passes on, line by line, what the agents of a spec have printed.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS, NO_LOG_YET
 */
export async function readLog(
  workspace: Workspace,
  request: LogRequest,
  onLine: (line: string) => void,
): Promise<SpecId> {
  const { places } = workspace;
  const id = await requireId(workspace, request.partial);
  const path = join(places.logs, `${id}.log`);
  const isLive = request.follow && (await isAgentExpected(workspace, id));
  if (!isLive && (await statIfExists(path)) === undefined) {
    throw new ChantError("NO_LOG_YET", `${id} has no log: no agent has worked on it yet.`, {
      hint: `Give it to one: chant work ${id}`,
    });
  }
  await using follower = new FileFollower(path, 0, onLine);
  await follower.read();
  if (!isLive) return id;
  using inbox = new Inbox();
  inbox.watch(places.records);
  inbox.watch(places.inbox);
  const wake = (): void => inbox.wake();
  request.signal.addEventListener("abort", wake, { once: true });
  while (!request.signal.aborted && (await isAgentExpected(workspace, id))) await inbox.wait(LOOK_MS);
  request.signal.removeEventListener("abort", wake);
  return id;
}

/** Tells whether more may come: an agent is at work, or is about to be. */
async function isAgentExpected({ places }: Workspace, id: SpecId): Promise<boolean> {
  const record = await readRecord(places, id);
  if (record === undefined) return false;
  const { state } = await viewRun(places, record);
  return state === "starting" || state === "working" || state === "judging";
}
