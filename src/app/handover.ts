import { join } from "node:path";
import type { Criterion } from "../domain/criteria.ts";
import { parseCriteria } from "../domain/criteria.ts";
import type { SpecId } from "../domain/id.ts";
import { contentOf } from "../git/facts.ts";
import { commitsBetween, type ShortCommit } from "../git/find-commit.ts";
import { shadowAt } from "../git/shadow.ts";
import { readablePath } from "../git/tree.ts";
import { statIfExists } from "../host/files.ts";
import { tailLines } from "../host/tail.ts";
import { readWorktreeSpec } from "../store/worktree-spec.ts";
import { stepOf } from "./engine/step.ts";
import type { Engine } from "./engine/engine.ts";
import { type RunRecord, runFolder } from "./engine/record.ts";

/** What a person has to know who goes on with a run by hand. */
export interface Handover {
  readonly id: SpecId;
  readonly title: string;
  /** Whether an agent, a retry or a landing was stopped for it just now. */
  readonly wasStopped: boolean;
  readonly worktree: string;
  readonly branch: string;
  readonly target: string;
  readonly agent: string;
  readonly attempts: number;
  /** The agent's own session, where it has one. */
  readonly session?: string;
  /** From the base to the worktree's HEAD, the oldest first. */
  readonly commits: readonly ShortCommit[];
  readonly criteria: readonly Pick<Criterion, "number" | "text" | "ticked">[];
  /** Paths that differ from the worktree's HEAD. */
  readonly uncommitted: readonly string[];
  readonly log: { readonly path: string; readonly lines: readonly string[] };
}

/** How many lines of the log are shown. */
const LOG_LINES = 10;

/** Looks at what a run without an agent has done so far, through its shadow: nothing that the agent wrote is run. */
export async function readHandover(
  engine: Engine,
  record: RunRecord & { readonly worktree: string },
  wasStopped: boolean,
): Promise<Handover> {
  const { id, title, worktree, branch, target, agent, attempt: attempts, reports } = record;
  const session = reports?.findLast((report) => report.session !== undefined)?.session;
  const path = join(engine.places.logs, `${id}.log`);
  const text = await readWorktreeSpec(worktree, id);
  return {
    id,
    title,
    wasStopped,
    worktree,
    branch,
    target: target.replace(/^refs\/heads\//, ""),
    agent,
    attempts,
    ...(session === undefined ? {} : { session }),
    ...(await workOf(engine, record)),
    criteria: parseCriteria(text ?? "").map(({ number, text: words, ticked }) => ({
      number,
      text: words,
      ticked,
    })),
    log: { path, lines: (await tailLines(path)).filter((line) => line.trim() !== "").slice(-LOG_LINES) },
  };
}

async function workOf(
  engine: Engine,
  record: RunRecord & { readonly worktree: string },
): Promise<Pick<Handover, "commits" | "uncommitted">> {
  const { repo, reader, trees, places } = engine;
  const folder = join(runFolder(places, record), "shadow");
  const head = record.adminDir === undefined ? undefined : await reader.head(record.adminDir);
  const tip = head?.commit ?? record.base;
  if (tip === undefined || record.base === undefined || (await statIfExists(folder)) === undefined) {
    return { commits: [], uncommitted: [] };
  }
  const shadow = shadowAt(repo, folder);
  const content = await contentOf(repo, shadow, record.worktree);
  const { tree } = await stepOf(engine, tip);
  const left = content.kind === "tree" ? await trees.diff(tree, content.tree) : [];
  return {
    commits: await commitsBetween(shadow.objects, record.base, tip),
    uncommitted: left.map((change) => readablePath(change.path)),
  };
}
