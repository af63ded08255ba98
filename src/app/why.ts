import { join, relative } from "node:path";
import type { Clock } from "../kit/clock.ts";
import { formatDuration, plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import { findCycle } from "../domain/graph.ts";
import type { SpecId } from "../domain/id.ts";
import { type BrokenSpec, isBroken, type Spec } from "../domain/spec.ts";
import { statIfExists } from "../host/files.ts";
import { isReadable } from "../git/damage.ts";
import { findCommit } from "../git/find-commit.ts";
import { ObjectReader } from "../git/object-reader.ts";
import { whyNotRecovered } from "../git/recover.ts";
import { branchOfHead } from "../git/repository.ts";
import { readConfig, requireConfig } from "../store/config.ts";
import { AgentChoice } from "./agent-choice.ts";
import { type ArchivedSpec, readArchived } from "./archived.ts";
import { dependencyStates } from "./dependencies.ts";
import { damageClause } from "./engine/go-on.ts";
import { readRecord, readRecords } from "./engine/record.ts";
import { overDay } from "./engine/spending.ts";
import { findLeftBehind } from "./engine/left-behind.ts";
import { type Overview, readableSpecs, readOverview, type SpecView } from "./overview.ts";
import { questionsOf } from "./permit.ts";
import { type Reason, stopped, whyRun } from "./why-run.ts";
import type { RunView } from "./run-view.ts";
import { openArchive, requireId, type Workspace } from "./workspace.ts";

/** Why a spec stands where it stands, and what to type next. */
export interface Answer extends Reason {
  readonly id: SpecId;
  readonly title: string;
  readonly status: SpecView["status"];
}

/**
 * Answers why a spec is not running, has not landed, or waits: from facts alone.
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function explain(workspace: Workspace, partial: string, clock: Clock): Promise<Answer> {
  const id = await requireId(workspace, partial);
  const overview = await readOverview(workspace, { isThorough: true });
  const view = overview.specs.find((spec) => spec.id === id);
  if (view === undefined) return whyArchived(await readArchived(workspace, await openArchive(workspace), id));
  const reason = await reasonOf(workspace, overview, view, clock);
  const damage = await whyDamaged(workspace, id, view.run);
  // Before that is finished no run gets any further.
  const stuck = view.run === undefined ? undefined : await whyNotRecovered(workspace.repo);
  const more = [damage, stuck].filter((each) => each !== undefined);
  return { id, title: view.title, status: view.status, ...reason, reasons: [...reason.reasons, ...more] };
}

/** Says what a loss of power has done to its branch, and what comes of that. */
async function whyDamaged(
  { repo, places }: Workspace,
  id: SpecId,
  run: RunView | undefined,
): Promise<string | undefined> {
  using reader = new ObjectReader(repo);
  const branch = run?.branch ?? `${(await readConfig(places)).defaults.branchPrefix}${id}`;
  const tip = await reader.resolve(`refs/heads/${branch}`);
  if (tip !== undefined && !(await isReadable(reader, tip))) {
    const then =
      run === undefined
        ? "chant cleanup keeps what is whole of it in a snapshot"
        : "when its run goes on, it does so from the last commit that is whole, with the files as they are in its worktree";
    return `Its branch ${branch} points at commit ${tip.slice(0, 12)}, which is damaged (an object of it is torn or missing); ${then}.`;
  }
  const clause = run?.damaged === undefined ? undefined : damageClause(run.damaged);
  return clause === undefined
    ? undefined
    : `At ${new Date(run?.damaged?.atMs ?? 0).toISOString()} it was seen that ${clause}.`;
}

function whyArchived({ id, title, status, path }: ArchivedSpec): Answer {
  const where = path ?? "in another clone: the file is not here, only its line in the archive's index";
  return {
    id,
    title,
    status,
    reasons: [`It is ${status}, and in the archive: ${where}. What depends on it does not wait.`],
    next: [`chant restore ${id}`, `chant show ${id}`],
  };
}

async function reasonOf(
  workspace: Workspace,
  overview: Overview,
  view: SpecView,
  clock: Clock,
): Promise<Reason> {
  const { spec, run, id } = view;
  if (isBroken(spec)) return whyBroken(workspace, spec);
  if (view.status === "completed") return whyCompleted(workspace, overview, spec);
  if (run !== undefined) {
    const reason = whyRun(view, await withWorktree(run), clock.nowMs());
    return run.state === "working" ? withQuestion(workspace, id, reason) : reason;
  }
  switch (view.status) {
    case "blocked":
      return whyBlocked(overview, view);
    case "pending":
      return view.notReady === undefined
        ? whyReady(workspace, spec, clock)
        : {
            reasons: [`It is not taken, because ${view.notReady}.`],
            next: [
              ...approvalCommands(view),
              ...(view.notReady.includes("chant trust") ? ["chant trust commands"] : []),
              `chant show ${id}`,
            ],
          };
    case "in_progress":
      return whyWithoutRun(workspace, id, clock);
    case "failed":
    case "needs_attention":
      return {
        reasons: [stopped(view), "Its run is over, and nothing of it is left but its log and its snapshots."],
        next: [`chant reset ${id}`, `chant log ${id}`],
      };
    case "paused":
      return { reasons: ["It is paused: that is what its file says."], next: [`chant resume ${id}`] };
    case "cancelled":
      return { reasons: ["It is cancelled: that is what its file says."], next: [`chant restore ${id}`] };
    case "interrupted":
    case "broken":
      throw new Error(`${id} is ${view.status} without a run or a fault`);
    default:
      return unreachable(view.status);
  }
}

/** Nothing of its own holds it back; its agent may have to wait. */
async function whyReady({ places }: Workspace, spec: Spec, clock: Clock): Promise<Reason> {
  const config = await readConfig(places);
  const agents = new AgentChoice(config, clock, undefined);
  const never = agents.whyNever(spec);
  if (never !== undefined) {
    return {
      reasons: [`It is not taken, because ${never}.`],
      next: [`chant edit ${spec.id}`, "chant agents"],
    };
  }
  await agents.look();
  const why =
    agents.whyNot(spec, (await readRecords(places)).values()) ?? (await overDay(config, clock.nowMs()));
  return why === undefined
    ? { reasons: ["It is ready: nothing holds it back."], next: [`chant work ${spec.id}`] }
    : { reasons: [`It is ready, but ${why}.`], next: ["chant limits", `chant work ${spec.id}`] };
}

/** What its agent asks a person comes first: nothing goes on until that is answered. */
async function withQuestion(workspace: Workspace, id: SpecId, reason: Reason): Promise<Reason> {
  const [question] = await questionsOf(workspace, await readRecord(workspace.places, id));
  if (question === undefined) return reason;
  return {
    reasons: [
      `Its agent waits for a person to say whether it may do this: ${question.title}`,
      ...reason.reasons,
    ],
    next: [`chant permit ${id}`, `chant permit ${id} --deny`, ...reason.next],
  };
}

/** A worktree that somebody removed is no place to send a person to. */
async function withWorktree(run: RunView): Promise<RunView> {
  const { worktree, ...rest } = run;
  return worktree === undefined || (await statIfExists(worktree)) !== undefined
    ? run
    : { ...rest, isWorktreeGone: true };
}

async function whyWithoutRun({ repo, places }: Workspace, id: SpecId, clock: Clock): Promise<Reason> {
  const { config } = await requireConfig(places);
  const found = await findLeftBehind({ repo, places, config, nowMs: clock.nowMs() });
  const { path, remedy = "leave" } = found.find((each) => each.id === id) ?? {};
  if (remedy === "leave") {
    return {
      reasons: [
        "Its file says in_progress, and chant has no run of it: somebody set it by hand, or works on it.",
      ],
      next: [`chant finalize ${id}`, `chant reset ${id}`],
    };
  }
  const quiet = formatDuration(config.watch.staleAfterMinutes * 60_000);
  const then =
    remedy === "wait"
      ? `chant watch takes it up from ${path} once no process is in there and nothing has changed for ${quiet}.`
      : `chant watch takes it up from what is left in ${path}.`;
  return { reasons: ["The record of its run is lost.", then], next: ["chant watch", `chant reset ${id}`] };
}

function whyBroken({ repo, places }: Workspace, { id, line, column, message }: BrokenSpec): Reason {
  const path = relative(repo.home, join(places.specs, `${id}.md`));
  return {
    reasons: [
      `Its file is broken at line ${line}, column ${column}: ${message}`,
      "Until that is mended nobody works on it, and chant does not write to it.",
    ],
    next: [`$EDITOR +${line} ${path}`],
  };
}

/** A person decides; a driver's gate is opened at the driver. */
const approvalCommands = ({ gate }: SpecView): readonly string[] =>
  gate === undefined ? [] : [`chant approve ${gate.id}`];

function whyBlocked({ specs, onDisk }: Overview, view: SpecView): Reason {
  const { id, waitsFor, gate, notReady } = view;
  const blockers = waitsFor.map(({ id: dependency, why }) => {
    const other = specs.find((spec) => spec.id === dependency);
    if (other === undefined) return `It waits for ${dependency}, which ${why}.`;
    return `It waits for ${dependency} (${other.title}), which ${why}: ${standing(other)}.`;
  });
  const cycle = findCycle(readableSpecs(onDisk));
  const circle =
    cycle?.includes(id) === true
      ? [
          `They wait for each other in a circle, which chant cannot resolve: ${[...cycle, cycle[0]].join(" → ")}.`,
        ]
      : [];
  const [first] = waitsFor;
  const isThere = specs.some((spec) => spec.id === first?.id);
  return {
    reasons: [...circle, ...blockers, ...(gate === undefined ? [] : [`Besides, ${notReady}.`])],
    next: [
      isThere && first !== undefined ? `chant why ${first.id}` : `chant show ${id}`,
      ...approvalCommands(view),
    ],
  };
}

/** Says in a few words how another spec stands. */
function standing(view: SpecView): string {
  const { status, run, spec, waitsFor, gate, notReady } = view;
  if (isBroken(spec)) return `it is broken at line ${spec.line}`;
  if (status === "failed" || status === "needs_attention") return lowered(stopped(view)).replace(/\.$/, "");
  if (gate !== undefined && notReady !== undefined) return notReady;
  if (status === "blocked") return `it waits itself for ${plural(waitsFor.length, "spec")}`;
  if (status === "completed") return "its file says completed, which is not committed there";
  if (run?.state === "waiting") return "it is done, and its landing waits";
  if (status === "in_progress") return run === undefined ? "it is in progress" : `it is ${run.state}`;
  return `it is ${status}`;
}

const lowered = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

async function whyCompleted(workspace: Workspace, { onDisk }: Overview, spec: Spec): Promise<Reason> {
  const { id } = spec;
  const { repo } = workspace;
  const ref = (await branchOfHead(repo.gitDir)) ?? "HEAD";
  const branch = ref.replace(/^refs\/heads\//, "");
  const state = (await dependencyStates(workspace, onDisk, [id], { target: ref })).get(id);
  if (state !== "completed") {
    return {
      reasons: [
        `Its file says completed, but on ${branch} it is not: the change is not committed.`,
        "What depends on it waits until it is.",
      ],
      next: [`git log --oneline ${branch} -- .chant/specs/${id}.md`],
    };
  }
  const commit =
    (await findCommit(repo, ref, `Land ${id}: `)) ?? (await findCommit(repo, ref, `Chant-Spec: ${id}`));
  if (commit === undefined) {
    const at = spec.completedAt === undefined ? "" : ` since ${spec.completedAt}`;
    return { reasons: [`It is completed on ${branch}${at}.`], next: [`chant show ${id}`] };
  }
  return {
    reasons: [`It is completed: commit ${commit.oid.slice(0, 12)} on ${branch} landed it at ${commit.at}.`],
    next: [`git show ${commit.oid.slice(0, 12)}`],
  };
}
