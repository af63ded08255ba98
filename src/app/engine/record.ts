import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Account } from "../../domain/account.ts";
import type { LaunchReport } from "../../domain/agent-report.ts";
import type { GateHistory } from "../../domain/gate.ts";
import type { SpecId } from "../../domain/id.ts";
import type { Mark } from "../../domain/mark.ts";
import type { ResultDecision } from "../../domain/result-gate.ts";
import { ChantError, isChantError } from "../../kit/errors.ts";
import { listIfExists, readIfExists, removeFile, writeAtomic } from "../../host/files.ts";
import { isAlive, isIdentity, type ProcessIdentity } from "../../host/identity.ts";
import type { Places } from "../../store/places.ts";

/*
 *  claimed --> running --> landing --> (removed)
 *     |         ^   |         |
 *     |   again |   v         v
 *     |        retrying    parked (failed, needs attention, paused: waits for a person) <-- pausing
 *     |                       |
 *     '--> (removed)       retiring --> (removed)
 *
 *  claimed   the record is there, and with `base` perhaps the start commit and half a worktree; no agent has run
 *  running   launch number `launch` was handed to a runner
 *  retrying  the agent is gone, and is started again at `retry.atMs`
 *  landing   judged done; it has landed once the commit `finalize` is on the target, then only cleaning up is left
 *  parked    its status is one for a person; worktree and branch stay
 *  pausing   a person paused it: its agent is stopped, then it is parked
 *  retiring  a person gave it up (reset, cancel): its work goes into a snapshot, then all of it is cleared away
 */
export type Phase = "claimed" | "running" | "retrying" | "landing" | "pausing" | "parked" | "retiring";

/** What the spec of a parked run shows to a person. */
export type ParkedStatus = "failed" | "needs_attention" | "paused";

/** What holds a landing back: something of the user's, or a decision that a person has not made yet. */
export interface Waits {
  readonly reason: string;
  readonly files: readonly string[];
  /** Nothing moves until a person decides. */
  readonly isForPerson?: boolean;
  /** True when it is but a moment of the user's git. */
  readonly isPassing: boolean;
}

/** A launch that is due at a set time, or that was. */
export interface DueLaunch {
  readonly n: number;
  readonly of: number;
  /** Wall time, milliseconds since 1970. */
  readonly atMs: number;
  readonly reason: string;
  /** When its account's limit ends: every run of the account waits for it. */
  readonly resetsAtMs?: number;
  /** The last try came to no agent, for a reason that passes. `before`: the retry that it was to be. */
  readonly start?: { readonly before?: DueLaunch };
}

/** Returns the retry of a run's agent, however often it could not be started. */
export const agentRetry = ({ retry }: Pick<RunRecord, "retry">): DueLaunch | undefined =>
  retry?.start === undefined ? retry : retry.start.before;

/** The facts about one run that git cannot hold. One writer at a time: the process in `owner`. */
export interface RunRecord {
  readonly version: 1;
  readonly id: SpecId;
  /** Names this run for good; stands in the finalize commit's trailer `Chant-Run`. */
  readonly run: string;
  readonly phase: Phase;
  readonly title: string;
  /** The spec's type and prompt, as it started. */
  readonly type: string;
  readonly prompt?: string;
  /** The coordinating process. */
  readonly owner: ProcessIdentity;
  /** The branch that the run started from and lands on, as a full ref name. */
  readonly target: string;
  readonly branch: string;
  readonly agent: string;
  /** It was chosen by rotation: another one may go on with it. */
  readonly isRotated?: boolean;
  readonly model?: string;
  /** Whose limits its agent shares, as it was started last. */
  readonly account?: Account;
  /** Wall time, milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly attempt: number;
  /** The ports of this machine that it has for itself, as long as its worktree is there. */
  readonly ports?: readonly number[];
  /** How often in a row it was cut off without an end of its own. */
  readonly interruptions: number;
  /** How often in a row its runner was gone without an end. */
  readonly relaunches: number;
  /** The number of the last launch of a runner; 0 before the first. */
  readonly launch: number;
  readonly base?: string;
  /** In silent mode: the spec's text as it started, which no commit holds. */
  readonly spec?: string;
  readonly worktree?: string;
  readonly adminDir?: string;
  /** What the judgement saw: the tip that is to land, and the agent's commits, oldest first. */
  readonly tip?: string;
  readonly commits?: readonly string[];
  readonly noChanges?: boolean;
  readonly finalize?: string;
  /**
   * What its landing has been through at the gates. `isUnderWay`: they run for it, or will when it is its turn; `sinceMs`:
   * when it came there, wall time; `wasResumed`: its agent went on once with what they said.
   */
  readonly gate?: GateHistory & {
    readonly isUnderWay?: true;
    readonly sinceMs?: number;
    readonly wasResumed?: true;
  };
  /** Why it waits for a person, and under which status. */
  readonly parked?: {
    readonly status: ParkedStatus;
    readonly reason: string;
    readonly atMs: number;
    readonly isPublished: boolean;
  };
  /**
   * What a loss of power has damaged last: the commit, where its name is known, and the one to which its branch went back.
   */
  readonly damaged?: { readonly commit?: string | undefined; readonly back: string; readonly atMs: number };
  /** A person paused it: since when, and what it was about then, with which it goes on. */
  readonly pause?: { readonly from: "attempt" | "retry" | "landing"; readonly atMs: number };
  /** A person works in its worktree: it is removed by that person's word only. */
  readonly takenOver?: { readonly by: string; readonly atMs: number };
  /** A person has worked in its worktree, and gave it back. */
  readonly isByHand?: true;
  /** The next launch is no new attempt: the last one was paused in the middle. */
  readonly isSameAttempt?: true;
  /** The retry that is waited for, or that this attempt is. */
  readonly retry?: DueLaunch;
  /** Belongs to no spec any more: while it is cleared away, nobody is told of it as of a run. */
  readonly isOrphan?: boolean;
  /** What the spec becomes when the run is given up. */
  readonly retire?: readonly Mark[];
  /** Why it goes on after an end: what the agent is told is missing. */
  readonly missing?: string;
  /** The last launch that its budget does not count any more: a person has let it go on after that. */
  readonly budgetFrom?: number;
  /** What each launch amounted to that had an end, oldest first. */
  readonly reports?: readonly LaunchReport[];
  /** The next launch only judges: a person says that the work is done. `forcedBy`: also with open criteria. */
  readonly judgeOnly?: { readonly forcedBy?: string };
  /** It starts past its approval, by this person's word. */
  readonly skipApproval?: { readonly by: string };
  /** What a person decided about its result. */
  readonly result?: ResultDecision;
  /** What held its landing back when it was last tried. */
  readonly waits?: Waits;
}

/** Who carries a run, in words: for who has to wait for that process. */
export const carrierOf = ({ owner }: Pick<RunRecord, "owner">): string =>
  `process ${owner.pid} on ${owner.host}${isAlive(owner) ? "" : ", which is gone"}`;

export const newRunId = (): string => randomBytes(10).toString("hex");

export const recordFile = (places: Places, id: SpecId): string => join(places.records, `${id}.json`);

export async function writeRecord(places: Places, record: RunRecord): Promise<void> {
  await writeAtomic(recordFile(places, record.id), `${JSON.stringify(record, undefined, 1)}\n`);
}

/** @throws ChantError FILE_REFUSED when its file is empty or torn: whether something still runs, it cannot tell */
export async function readRecord(places: Places, id: SpecId): Promise<RunRecord | undefined> {
  const path = recordFile(places, id);
  const text = await readIfExists(path);
  if (text === undefined) return undefined;
  const record = parseRecord(text);
  if (record?.id === id) return record;
  throw new ChantError("FILE_REFUSED", `The record of the run of ${id} is empty or torn: ${path}.`, {
    hint: `See that no agent works on ${id} any more, then remove that file. Its branch and worktree are left as they are.`,
  });
}

/** The same, but undefined also where its file is empty or torn. */
export async function readWholeRecord(places: Places, id: SpecId): Promise<RunRecord | undefined> {
  try {
    return await readRecord(places, id);
  } catch (error) {
    if (isChantError(error, "FILE_REFUSED")) return undefined;
    throw error;
  }
}

const PHASES: readonly Phase[] = [
  "claimed",
  "running",
  "retrying",
  "landing",
  "pausing",
  "parked",
  "retiring",
];
const TEXTS = ["run", "target", "branch", "agent"] as const satisfies readonly (keyof RunRecord)[];
const NUMBERS = ["createdAtMs", "attempt", "launch"] as const satisfies readonly (keyof RunRecord)[];

/** No run has so many launches: who looks at each of them would be busy for long. */
const LAUNCH_LIMIT = 10_000;

/** Returns what has all that others count on; more is not looked at. */
function parseRecord(text: string): RunRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as { readonly [key: string]: unknown };
  const isWhole =
    PHASES.some((phase) => phase === fields["phase"]) &&
    TEXTS.every((key) => typeof fields[key] === "string") &&
    NUMBERS.every((key) => Number.isFinite(fields[key])) &&
    Number.isInteger(fields["launch"]) &&
    Number(fields["launch"]) >= 0 &&
    Number(fields["launch"]) <= LAUNCH_LIMIT &&
    isIdentity(fields["owner"]) &&
    (fields["phase"] !== "parked" || isParked(fields["parked"]));
  // What it is a folder's name with must not lead elsewhere.
  return isWhole && /^[0-9a-z]+$/.test(String(fields["run"])) ? (value as RunRecord) : undefined;
}

const isParked = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "reason" in value && typeof value.reason === "string";

export async function removeRecord(places: Places, id: SpecId): Promise<void> {
  await removeFile(recordFile(places, id));
}

/** Returns every run that is not over, by its spec. What cannot be read is passed over, and told. */
export async function readRecords(
  places: Places,
  tell?: (torn: ChantError) => void,
): Promise<ReadonlyMap<SpecId, RunRecord>> {
  const records = new Map<SpecId, RunRecord>();
  for (const name of await listIfExists(places.records)) {
    if (!name.endsWith(".json")) continue;
    const record = await readRecord(places, name.slice(0, -5)).catch((error: unknown) => {
      if (!isChantError(error, "FILE_REFUSED")) throw error;
      tell?.(error);
      return undefined;
    });
    if (record !== undefined) records.set(record.id, record);
  }
  return records;
}

/** The folder of one run: its launch and end files, prompt, output and shadow. */
export const runFolder = (places: Places, record: Pick<RunRecord, "run">): string =>
  join(places.work, record.run);
