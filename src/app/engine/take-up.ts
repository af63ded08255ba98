import { join } from "node:path";
import { agentNamed } from "../../domain/config.ts";
import { errorText } from "../../domain/error-text.ts";
import { printedIn } from "../../domain/log-line.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import { formatDuration } from "../../kit/text.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { effect } from "../../host/effects.ts";
import { readIfExists, removeTree, statIfExists } from "../../host/files.ts";
import { ownIdentity } from "../../host/identity.ts";
import { shadowAt } from "../../git/shadow.ts";
import { requireKeepable } from "./keep.ts";
import type { Engine } from "./engine.ts";
import { freeze, keepStaged } from "./freeze.ts";
import { withReport } from "./launch-report.ts";
import { endFile, type Launch, launchFile, type LaunchEnd, writeJson } from "./launch.ts";
import { readEnd } from "./launch-files.ts";
import type { LeftBehind } from "./left-behind.ts";
import { newRunId, readWholeRecord, type RunRecord, runFolder, writeRecord } from "./record.ts";

/*
 * Whatever is to become of a run whose record is gone, it gets a record again that says so, and is then carried like any
 * other. So this is all that recovery writes, and whoever comes after a crash in the middle of it finds either.
 */

/** Writes the record that a remedy asks for, owned by this process; false when somebody else was first. */
export async function takeUp(engine: Engine, left: LeftBehind): Promise<boolean> {
  const record = await recordFor(engine, left);
  if (record === undefined) return false;
  const isMine = await engine.kernelLock.hold(async () => {
    if (await hasRecord(engine, left)) return false;
    await effect("claim.record", () => writeRecord(engine.places, record));
    return true;
  });
  // Of a launch that is restored, the folder is somebody's.
  if (!isMine && left.launch?.run !== record.run) await removeTree(runFolder(engine.places, record));
  return isMine;
}

/** A run that is being cleared away keeps its record to the last: without one, nothing of it may be taken up. */
async function hasRecord({ places }: Engine, { id, launch, adminDir }: LeftBehind): Promise<boolean> {
  // What a torn one said is known from elsewhere now.
  if ((await readWholeRecord(places, id)) !== undefined) return true;
  const mark = launch === undefined ? adminDir : launchFile(runFolder(places, launch), launch.launch);
  return (await statIfExists(mark)) === undefined;
}

async function recordFor(engine: Engine, left: LeftBehind): Promise<RunRecord | undefined> {
  switch (left.remedy) {
    case "restore":
      return left.launch === undefined ? undefined : restored(engine, left, left.launch);
    case "judge":
      return judged(engine, left);
    case "fail":
      return failed(engine, left);
    case "park":
      return parked(engine, left);
    case "clean":
      return orphan(engine, left);
    case "wait":
    case "leave":
      return undefined;
    default:
      return unreachable(left.remedy);
  }
}

/** All that its record said, but for what it had counted. */
async function restored(engine: Engine, left: LeftBehind, launch: Launch): Promise<RunRecord> {
  const { config, places, clock } = engine;
  const folder = runFolder(places, launch);
  const retries = launch.attempt - 1;
  const reason = launch.missing ?? "it was tried again";
  const record: RunRecord = {
    ...common(engine, left, launch.run),
    phase: "running",
    agent: launch.agentName,
    ...(launch.model === undefined ? {} : { model: launch.model }),
    createdAtMs: (await statIfExists(launchFile(folder, 1)))?.mtimeMs ?? clock.nowMs(),
    attempt: launch.attempt,
    launch: launch.launch,
    base: launch.base,
    ...(launch.missing === undefined ? {} : { missing: launch.missing }),
    ...(launch.judgeOnly === undefined ? {} : { judgeOnly: launch.judgeOnly }),
    // What is left of its retries must not be more than before.
    ...(retries === 0
      ? {}
      : { retry: { n: retries, of: config.watch.failure.maxRetries, atMs: clock.nowMs(), reason } }),
  };
  let told = record;
  for (let number = 1; number < launch.launch; number += 1) {
    const end = await readEnd(folder, number).catch(() => undefined);
    if (end !== undefined) told = withReport({ ...told, launch: number }, end);
  }
  return { ...told, launch: launch.launch };
}

/** Says that it is done: judged by the facts alone, without an agent, and landed if that is so. */
async function judged(engine: Engine, left: LeftBehind): Promise<RunRecord> {
  const place = await freeze(engine, left);
  if (place?.base === undefined) return parked(engine, left, place?.run);
  const reason = "its record was lost, and its status file says done";
  return {
    ...common(engine, left, place.run),
    phase: "retrying",
    base: place.base,
    judgeOnly: {},
    retry: { n: 0, of: 0, atMs: engine.clock.nowMs(), reason },
  };
}

/** Has failed, as its status file says or because nothing is heard of it: the rules of retries decide what comes next. */
async function failed(engine: Engine, left: LeftBehind): Promise<RunRecord> {
  const place = await freeze(engine, left);
  if (place?.base === undefined) return parked(engine, left, place?.run);
  const { run, base, head } = place;
  const { staleAfterMinutes } = engine.config.watch;
  const said =
    left.word?.status === "failed" ? (left.word.error ?? "the agent reported a failure") : undefined;
  const reason =
    said === undefined
      ? `its record was lost, and nothing was heard of it for ${formatDuration(staleAfterMinutes * 60_000)}`
      : `its record was lost, and its status file says: ${said}`;
  const agent: AgentEnd =
    said === undefined ? { kind: "unknown" } : { kind: "reported", ok: false, error: said };
  const log = (await readIfExists(join(engine.places.logs, `${left.id}.log`))) ?? "";
  const end: LaunchEnd = {
    version: 1,
    agent,
    verdict: { kind: "failed", reason },
    tip: head,
    commits: [],
    errorText: errorText(agent, printedIn(log).slice(-LOG_LINES)),
  };
  await writeJson(endFile(runFolder(engine.places, { run }), 1), end);
  return { ...common(engine, left, run), phase: "running", base, launch: 1 };
}

/** How much is looked at of what an agent printed last. */
const LOG_LINES = 200;

/** Needs a person: there is nothing that could be judged. */
function parked(engine: Engine, left: LeftBehind, run = newRunId()): RunRecord {
  const { id, path, branch, remedy } = left;
  const where =
    remedy === "park"
      ? `its worktree ${path} is gone as well`
      : `${path} has nothing in common with the target`;
  const reason = `its record was lost, and ${where}; what was committed is on ${branch}, and "chant reset ${id}" starts anew`;
  const status = "needs_attention";
  return {
    ...common(engine, left, run),
    phase: "parked",
    parked: { status, reason, atMs: engine.clock.nowMs(), isPublished: false },
  };
}

/** Belongs to nothing: kept in a snapshot, and cleared away. */
async function orphan(engine: Engine, left: LeftBehind): Promise<RunRecord | undefined> {
  const { launch } = left;
  const place = launch ?? (await freeze(engine, left));
  if (place === undefined) return undefined;
  const head = (await engine.reader.head(left.adminDir)).commit;
  const record: RunRecord = {
    ...common(engine, left, place.run),
    phase: "retiring",
    launch: launch?.launch ?? 0,
    ...(head === undefined ? {} : { tip: head }),
    isOrphan: true,
    retire: [],
    // What a branch of a person's holds needs no snapshot.
    ...(place.base === undefined ? {} : { base: place.base }),
  };
  const folder = runFolder(engine.places, record);
  try {
    await requireKeepable(engine, record);
  } catch (error) {
    if (launch === undefined) await removeTree(folder);
    throw error;
  }
  const shadow = shadowAt(engine.repo, join(folder, "shadow"));
  const isFrozen = (await statIfExists(shadow.gitDir)) !== undefined;
  if (head !== undefined && isFrozen) await keepStaged(engine, left, shadow, head);
  return record;
}

type Common = Omit<RunRecord, "phase">;

/** What a silent run started with: what its runner was handed, else the spec as it stands, which is all that is left. */
function silentSpec({ repo }: Engine, { launch, spec }: LeftBehind): Pick<RunRecord, "spec"> {
  const text = repo.isSilent === true ? (launch?.spec ?? spec?.text) : undefined;
  return text === undefined ? {} : { spec: text };
}

function common(engine: Engine, left: LeftBehind, run: string): Common {
  const { id, path, adminDir, branch, target, spec } = left;
  const { config, clock } = engine;
  const agent = spec?.agent ?? config.defaults.agent;
  const isKnown = config.agents.has(agent) || agent === "script";
  const model =
    spec?.model ?? (isKnown ? agentNamed(config, agent).model : undefined) ?? config.defaults.model;
  return {
    version: 1,
    id,
    run,
    title: spec?.title ?? id,
    type: spec?.type ?? "code",
    ...(spec?.prompt === undefined ? {} : { prompt: spec.prompt }),
    owner: ownIdentity(),
    target,
    branch,
    agent,
    ...(model === undefined ? {} : { model }),
    createdAtMs: clock.nowMs(),
    attempt: 1,
    interruptions: 0,
    relaunches: 0,
    launch: 0,
    worktree: path,
    adminDir,
    ...silentSpec(engine, left),
  };
}
