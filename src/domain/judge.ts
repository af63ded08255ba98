import { plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { Criterion } from "./criteria.ts";

/** How the agent's part of a run ended, as chant saw it. */
export type AgentEnd =
  | { readonly kind: "exited"; readonly code: number }
  /** By a signal that chant did not send. */
  | { readonly kind: "signalled"; readonly signal: string }
  /** Its provider saw the agent's own last word. */
  | { readonly kind: "reported"; readonly ok: boolean; readonly error?: string }
  /** Stopped by chant: no sign of life for so many minutes. */
  | { readonly kind: "stalled"; readonly minutes: number }
  /** Stopped by chant after so many minutes of wall time. */
  | { readonly kind: "timed_out"; readonly minutes: number }
  /** Stopped by chant, or not started again: its run has used up its budget. */
  | { readonly kind: "over_budget"; readonly reason: string }
  | { readonly kind: "not_started"; readonly error: string }
  /** It is gone, and nothing recorded how. */
  | { readonly kind: "unknown" };

/** Everything that the judgement of a run looks at. */
export interface RunFacts {
  readonly agent: AgentEnd;
  /** As the worktree's copy of the spec has them. */
  readonly criteria: readonly Criterion[];
  /** The words of criteria with which the run began and which the target has still, but not the worktree's copy. */
  readonly lostCriteria: readonly string[];
  /** Whether the worktree's copy of the spec can be read. */
  readonly specReadable:
    | true
    | { readonly line: number; readonly column: number; readonly message: string }
    | "missing";
  /** Paths left after the auto-commit, or with it off. */
  readonly uncommitted: readonly string[];
  /** Number of commits on base..tip. */
  readonly commits: number;
  /** Paths that differ between base and tip. */
  readonly changedPaths: readonly string[];
  /** Where the worktree's HEAD is: on the run's branch, on another one or detached but descended from the base, on the very branch that the run lands on, or elsewhere; or at one of which an object is torn or missing. */
  readonly head: "on_branch" | "moved_branch" | "detached_descends" | "on_target" | "foreign" | "damaged";
  /** What its git is in the middle of there, as a clause: a merge, a rebase. */
  readonly unfinished?: string;
  /** Why git could not take in what the worktree holds, in git's own words. */
  readonly unreadable?: string;
  /** Changed paths that steer what runs later, and that the spec's target_files do not name. */
  readonly steering: readonly string[];
  readonly nestedRepositories: readonly string[];
  readonly changedGitlinks: readonly string[];
  /** What chant brought into the worktree, such as a copied `.env`, and a commit of the run holds nevertheless. */
  readonly broughtCommitted: readonly string[];
  /** Number of stash entries that were not there when the run began; worktrees share the stash. */
  readonly newStashes: number;
  /** Whether the commits change nothing but boxes in the spec. */
  readonly onlyTicks: boolean;
  /** `judge.require_changes`, as it applies to this spec's type. */
  readonly requireChanges: boolean;
}

/** What is to become of a run. Reasons are clauses without a capital or a period, to be put behind "failed: ". */
export type Verdict =
  | { readonly kind: "done"; readonly noChanges: boolean }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "attention"; readonly reason: string }
  | { readonly kind: "interrupted"; readonly reason: string };

/**
 * Judges a run by its facts. Done is only what ended well, with all criteria ticked, nothing left uncommitted and at least
 * one commit. How the agent ended goes first: an interrupted run goes on, whatever its worktree looks like, and a failed
 * one may be tried again. After that, what could lose work or land what nobody asked for is for a person to look at.
 */
export function judge(facts: RunFacts): Verdict {
  const ended = judgeEnd(facts.agent);
  if (ended !== undefined) return ended;
  const attention = attentionReason(facts);
  if (attention !== undefined) return { kind: "attention", reason: attention };
  const missing = [...specReasons(facts), ...workReasons(facts)];
  if (missing.length > 0) return { kind: "failed", reason: missing.join("; ") };
  return { kind: "done", noChanges: hasNoChanges(facts) };
}

/** The two codes by which a shell says that it could not start a program. */
const UNSTARTED: { readonly [code: number]: string } = { 126: "cannot be executed", 127: "was not found" };

function codeText(code: number): string {
  const why = UNSTARTED[code];
  return why === undefined ? String(code) : `${code} (its program, or one that it calls, ${why})`;
}

/** Returns a verdict unless the agent ended well. */
export function judgeEnd(agent: AgentEnd): Verdict | undefined {
  switch (agent.kind) {
    case "exited":
      return agent.code === 0 ? undefined : failed(`the agent exited with code ${codeText(agent.code)}`);
    case "signalled":
      return { kind: "interrupted", reason: `the agent was ended by ${agent.signal}` };
    case "reported":
      if (agent.ok) return undefined;
      return failed(
        agent.error === undefined ? "the agent reported a failure" : `the agent reported: ${agent.error}`,
      );
    case "stalled":
      return failed(`the agent gave no sign of life for ${plural(agent.minutes, "minute")} and was stopped`);
    case "timed_out":
      return failed(`the agent was not done after ${plural(agent.minutes, "minute")} and was stopped`);
    case "over_budget":
      return { kind: "attention", reason: agent.reason };
    case "not_started":
      return failed(`the agent could not be started: ${agent.error}`);
    case "unknown":
      return { kind: "interrupted", reason: "the agent ended without a record of how" };
    default:
      return unreachable(agent);
  }
}

const failed = (reason: string): Verdict => ({ kind: "failed", reason });

function attentionReason(facts: RunFacts): string | undefined {
  if (facts.head === "damaged") {
    return "the commit that the worktree is at is damaged, as a loss of power leaves it; resume it, and its agent goes on from the last commit that is whole, or finalize it with what is in the worktree";
  }
  if (facts.unfinished !== undefined) {
    return `${facts.unfinished}; finish it there, or take it back (git status says how), then finalize`;
  }
  if (facts.head === "foreign") {
    return "the worktree is on commits that do not come from where the run began; bring the work onto the run's branch and finalize it, or reset the spec";
  }
  if (facts.head === "on_target") {
    return "the agent switched its worktree to the branch that the run lands on, so what it committed there nobody has judged; look at that branch, then switch the worktree back to the run's branch, merge what is to stay, and finalize, or reset the spec";
  }
  if (facts.unreadable !== undefined) {
    return `git could not take in what the worktree holds: ${facts.unreadable.replace(/\.$/, "")}; mend that there, then finalize`;
  }
  if (facts.nestedRepositories.length > 0) {
    return `the agent made a repository inside the worktree (${named(facts.nestedRepositories)}), whose commits would be lost; move it out or remove its .git`;
  }
  if (facts.changedGitlinks.length > 0) {
    return `the agent changed the submodule ${named(facts.changedGitlinks)}; name it in the spec's target_files to allow that, or check that its commits are published and finalize with --force`;
  }
  if (facts.broughtCommitted.length > 0) {
    return `its commits hold ${named(facts.broughtCommitted)}, which chant copied or linked into the worktree from your checkout and which never lands; take it out of them there (git rebase, or git reset --soft and commit again), then finalize, or reset the spec`;
  }
  if (facts.steering.length > 0) {
    return `the agent changed what decides what runs later, or made a link: ${named(facts.steering)}; name such files in the spec's target_files to allow them, or look at the changes and finalize with --force`;
  }
  if (facts.newStashes > 0) {
    return `the agent left ${plural(facts.newStashes, "new stash entry", "new stash entries")}; look with "git stash list", and apply or drop what it put there`;
  }
  return undefined;
}

function specReasons(facts: RunFacts): readonly string[] {
  if (facts.specReadable === "missing") return ["the spec's file is gone from the worktree"];
  if (facts.specReadable !== true) {
    const { line, column, message } = facts.specReadable;
    return [`the spec can no longer be read: line ${line}, column ${column}: ${message.replace(/\.$/, "")}`];
  }
  return [...openReasons(facts), ...lostReasons(facts)];
}

function lostReasons({ lostCriteria }: RunFacts): readonly string[] {
  if (lostCriteria.length === 0) return [];
  const texts = named(lostCriteria.map((text) => JSON.stringify(text)));
  return lostCriteria.length === 1
    ? [`a criterion was taken out of the spec, or reads otherwise there than when the run began: ${texts}`]
    : [
        `${lostCriteria.length} criteria were taken out of the spec, or read otherwise there than when the run began: ${texts}`,
      ];
}

function openReasons(facts: RunFacts): readonly string[] {
  const open = facts.criteria.filter((criterion) => !criterion.ticked);
  const [first] = open;
  if (first === undefined) return [];
  const total = facts.criteria.length;
  const texts = open.map(({ text }) => JSON.stringify(text));
  return open.length === 1
    ? [`criterion ${first.number} of ${total} is not ticked: ${named(texts)}`]
    : [`${open.length} of ${total} criteria are not ticked: ${named(texts)}`];
}

function workReasons(facts: RunFacts): readonly string[] {
  const reasons: string[] = [];
  if (facts.uncommitted.length > 0) {
    reasons.push(`the agent left uncommitted changes in ${named(facts.uncommitted)}`);
  }
  if (facts.commits < 1) {
    reasons.push("the agent made no commit");
  } else if (facts.requireChanges && hasNoChanges(facts)) {
    reasons.push("the agent changed nothing but the spec's boxes, and judge.require_changes asks for more");
  }
  return reasons;
}

const hasNoChanges = (facts: RunFacts): boolean => facts.onlyTicks || facts.changedPaths.length === 0;

const SHOWN = 3;

/** Lists the first few: "a.txt, b.txt, c.txt and 2 more". */
function named(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return items.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
