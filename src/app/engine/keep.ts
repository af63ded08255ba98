import { dirname, join } from "node:path";
import { chooseIgnored, type Ignored, ignoredWords } from "../../domain/ignored.ts";
import { parseSize } from "../../domain/size.ts";
import { ChantError } from "../../kit/errors.ts";
import { effect } from "../../host/effects.ts";
import { statIfExists } from "../../host/files.ts";
import { pastDeadLock } from "../../git/dead-ref-lock.ts";
import { parseCommit } from "../../git/commit.ts";
import { isWhole, lastWhole, reflogOf } from "../../git/damage.ts";
import { contentOf, isAsJudged } from "../../git/facts.ts";
import { findIgnored, isUntouched, withIgnored } from "../../git/ignored.ts";
import { checkoutsOf } from "../../git/repository.ts";
import { type Shadow, shadowAt } from "../../git/shadow.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { GITLINK_MODE, readablePath } from "../../git/tree.ts";
import type { Engine } from "./engine.ts";
import { preparedFile } from "./launch.ts";
import { type RunRecord, runFolder } from "./record.ts";
import { noteWords } from "./run-log.ts";
import { treeWithCopy } from "./silent/copy.ts";

/*
 * Nothing goes away that stands nowhere else: what is to be removed passes through here, and a snapshot is made first.
 */

/** Commits that are on the target, or were there before the run. */
export type Safe = Set<string | undefined>;

/** Keeps what a worktree holds that stands nowhere else: its files, and the commit that its HEAD is at. */
export async function keepContent(
  engine: Engine,
  record: RunRecord,
  place: { readonly worktree: string; readonly adminDir: string; readonly shadow: string },
  safe: Safe,
): Promise<string | undefined> {
  const { repo } = engine;
  const { id } = record;
  // Until it was made ready it was never handed to an agent: it holds what the start commit holds, and its shadow may
  // be half made.
  if ((await statIfExists(preparedFile(dirname(place.shadow)))) === undefined) return undefined;
  const shadow = shadowAt(repo, place.shadow);
  const head = await engine.reader.head(place.adminDir);
  const tip = head.commit ?? record.tip ?? record.base;
  if (tip === undefined) return undefined;
  const mayHaveLanded = record.phase === "landing" && safe.has(tip);
  if (mayHaveLanded && (await isUntouched(repo, shadow, place.worktree))) return undefined;
  const isLanded = mayHaveLanded && (await isAsJudged(repo, shadow, place.worktree));
  const committed = parseCommit((await engine.reader.require(tip)).content).tree;
  const held = isLanded ? committed : await keepableTree(engine, record, shadow, place.worktree);
  const plain = isLanded ? committed : await treeWithCopy(engine, held, place.worktree, id);
  const { tree, kept, left } = await addIgnored(engine, shadow, place.worktree, plain);
  const leftOut =
    left.length === 0
      ? ""
      : ` Left out, by lifecycle.snapshots.ignored_max_size (${engine.config.lifecycle.snapshots.ignoredMaxSize}): ${ignoredWords(left)}.`;
  const tell = (message: string): void => {
    // What git ignores is seldom missed when the work has landed: the log has it.
    if (isLanded) noteWords(engine.places, id, engine.clock.nowMs(), message);
    else if (record.isOrphan !== true) engine.emit({ kind: "warning", id, message });
  };
  if (tree === committed && safe.has(tip)) {
    if (left.length > 0) tell(`Its worktree goes.${leftOut}`);
    return undefined;
  }
  const what = isLanded ? "What git ignores in" : "What was in";
  const ignored = kept.length > 0 && !isLanded ? ", with what git ignores" : "";
  const reason = `${what} the worktree of ${id}${ignored}.${leftOut}`;
  const ref = await keepSnapshot(
    repo,
    id,
    { tree, parents: [tip], reason, since: record.base ?? (await homeCommit(engine)) },
    engine.signature(),
  );
  safe.add(tip);
  tell(`What ${isLanded ? "git ignores" : "was"} in its worktree ${keptWords(id, ref)}.${leftOut}`);
  return ref;
}

/** Adds to a tree what an agent made and git ignores, as far as the limit goes. */
async function addIgnored(
  { repo, config }: Engine,
  shadow: Shadow,
  worktree: string,
  tree: string,
): Promise<{ readonly tree: string; readonly kept: readonly Ignored[]; readonly left: readonly Ignored[] }> {
  const limitBytes = parseSize(config.lifecycle.snapshots.ignoredMaxSize) ?? 0;
  const found = await findIgnored(repo, shadow, worktree, limitBytes);
  const { kept, left } = chooseIgnored(found, limitBytes);
  if (kept.length === 0) return { tree, kept, left };
  const whole = await withIgnored(repo, shadow, worktree, tree, kept);
  return whole === undefined ? { tree, kept: [], left: found } : { tree: whole, kept, left };
}

/** Where something is kept, and how to get it back. */
const keptWords = (id: string, ref: string): string =>
  `is kept in ${ref} (to get it back: chant restore ${id} --snapshot ${ref.slice(ref.lastIndexOf("/") + 1)})`;

/**
 * Refuses where the worktree of a run holds what no snapshot can keep. Asked before anything is decided about the run,
 * so that a refusal leaves all of it as it was.
 * @throws ChantError WORKTREE_FAILED
 */
export async function requireKeepable(engine: Engine, record: RunRecord): Promise<void> {
  const { repo, places } = engine;
  const { worktree } = record;
  const folder = runFolder(places, record);
  const [dotGit, prepared, marker] = await Promise.all(
    [join(worktree ?? folder, ".git"), preparedFile(folder), join(folder, "removing")].map(statIfExists),
  );
  const isToKeep = dotGit !== undefined && prepared !== undefined && marker === undefined;
  if (worktree === undefined || !isToKeep) return;
  await keepableTree(engine, record, shadowAt(repo, join(folder, "shadow")), worktree);
}

/** Returns what a worktree holds, as a tree in which nothing is missing. */
async function keepableTree(
  engine: Engine,
  record: RunRecord,
  shadow: Shadow,
  worktree: string,
): Promise<string> {
  const { repo, reader, trees } = engine;
  const from = record.base ?? record.tip;
  const since = from === undefined ? undefined : { reader, trees, commit: from };
  const content = await contentOf(repo, shadow, worktree, since === undefined ? {} : { since });
  if (content.kind === "unreadable") {
    const message = `${worktree} cannot be kept in a snapshot: ${content.reason}.`;
    throw new ChantError("WORKTREE_FAILED", message, {
      hint: "Move away what git cannot take in, then try again. Nothing was removed.",
    });
  }
  if (from === undefined) return content.tree;
  const before = parseCommit((await reader.require(from)).content).tree;
  for (const { path, now } of await trees.diff(before, content.tree)) {
    // Of a repository inside the worktree the tree holds but the name of a commit, whose files are elsewhere.
    if (now?.mode !== GITLINK_MODE || (await reader.read(now.oid)) !== undefined) continue;
    const nested = join(worktree, readablePath(path));
    throw new ChantError(
      "WORKTREE_FAILED",
      `${nested} is a repository of its own, which no snapshot keeps.`,
      {
        hint: "Move that folder away, or remove it, then try again. Nothing was removed.",
      },
    );
  }
  return content.tree;
}

/** A branch that is to go. */
export interface OldBranch {
  /** Its full name. */
  readonly ref: string;
  readonly tip: string;
  /** Whether its commits stand elsewhere: then they need no snapshot. */
  readonly isSafe: boolean;
  /** Why its commits are kept, as a sentence. */
  readonly reason: string;
  /** Where its commits begin, if that is known. */
  readonly base?: string | undefined;
}

/**
 * Removes a branch, its commits kept in a snapshot first; of one that is damaged, those that are whole. One that is checked
 * out is left, and told; so is one that has moved since. Returns the snapshot.
 */
export async function discardBranch(
  engine: Engine,
  { id, isOrphan }: Pick<RunRecord, "id" | "isOrphan">,
  { ref, tip, isSafe, reason, base }: OldBranch,
): Promise<string | undefined> {
  const name = ref.replace("refs/heads/", "");
  const kept = isSafe ? undefined : await keepWhole(engine, id, { ref, tip, reason, base });
  if (kept !== undefined && isOrphan !== true) {
    const message = `What is on the branch ${name} ${keptWords(id, kept)}.`;
    engine.emit({ kind: "warning", id, message });
  }
  const holder = (await checkoutsOf(engine.repo)).find((checkout) => checkout.branch === ref);
  if (holder !== undefined) {
    const message = `The branch ${name} is checked out in ${holder.path}, so it was left there.`;
    engine.emit({ kind: "warning", id, message });
    return kept;
  }
  const remove = (): Promise<boolean> => engine.refs.swap(ref, undefined, tip, "chant: run is over");
  await effect("clean.branch", () => pastDeadLock(engine.repo, ref, remove));
  return kept;
}

/** Keeps the commits of a branch; of one that is damaged what is whole of it, and says what is not. */
async function keepWhole(
  engine: Engine,
  id: string,
  { ref, tip, reason, base }: Omit<OldBranch, "isSafe">,
): Promise<string | undefined> {
  const { repo, reader } = engine;
  if (await isWhole(repo, tip, base)) return keepCommit(engine, id, tip, reason, base);
  const since = base ?? (await homeCommit(engine));
  const reflogs = [reflogOf(repo.commonDir, ref)];
  const whole = await lastWhole(repo, reader, { tip, reflogs, known: [base], since, from: base });
  const lost = `Commit ${tip} of ${ref.replace("refs/heads/", "")} is damaged, as a loss of power leaves it`;
  const isNew = whole !== undefined && whole !== base;
  const then = isNew
    ? `what came before it, up to ${whole}, is kept`
    : "no commit before it holds work of its own";
  engine.emit({ kind: "warning", id, message: `${lost}, and cannot be kept; ${then}.` });
  return isNew ? keepCommit(engine, id, whole, `${reason} ${lost}.`, base) : undefined;
}

/** Keeps a commit, and all below it, in a snapshot. */
export async function keepCommit(
  engine: Engine,
  id: string,
  commit: string,
  reason: string,
  base?: string,
): Promise<string> {
  const { tree } = parseCommit((await engine.reader.require(commit)).content);
  const since = base ?? (await homeCommit(engine));
  return keepSnapshot(engine.repo, id, { tree, parents: [commit], reason, since }, engine.signature());
}

/** What the user has checked out: where nobody knows any more from which commit work went on, most of it is there. */
export const homeCommit = async ({ reader, repo }: Engine): Promise<string | undefined> =>
  (await reader.head(repo.gitDir)).commit;
