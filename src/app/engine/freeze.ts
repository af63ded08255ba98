import { join } from "node:path";
import { makeFolder } from "../../host/files.ts";
import { parseCommit } from "../../git/commit.ts";
import { contentOf, indexFrom, stagedTree, stashesOn } from "../../git/facts.ts";
import { mergeBase } from "../../git/refs.ts";
import { freezeWorktree, makeShadow, type Shadow } from "../../git/shadow.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { broughtFiles } from "../runner/prepare.ts";
import type { Engine } from "./engine.ts";
import { homeCommit } from "./keep.ts";
import { preparedFile, writeJson } from "./launch.ts";
import type { LeftBehind } from "./left-behind.ts";
import { specPath } from "../../store/places.ts";
import { newRunId, runFolder } from "./record.ts";
import { treeWithCopy } from "./silent/copy.ts";

/** A worktree of which chant knew nothing any more, made ready to be judged and kept under a new run. */
export interface Frozen {
  readonly run: string;
  readonly head: string;
  /** Where its commits begin: what its branch and the target have in common. */
  readonly base: string | undefined;
}

/**
 * Makes the files that a run is judged and kept by, as its first runner would have made them, from the worktree as it
 * stands now: nothing is checked out, nothing of what is there is changed. What no commit holds goes into a snapshot.
 */
export async function freeze(engine: Engine, left: LeftBehind): Promise<Frozen | undefined> {
  const { repo, places, reader, trees, config, settings } = engine;
  const { path, adminDir, branch, target } = left;
  const head = (await reader.head(adminDir)).commit;
  if (head === undefined) return undefined;
  const onto = target === "" ? undefined : await reader.resolve(target);
  const base = onto === undefined ? undefined : await mergeBase(repo, onto, head);
  const run = newRunId();
  const folder = runFolder(places, { run });
  await makeFolder(folder);
  const shadow = await makeShadow(repo, join(folder, "shadow"), settings);
  const { tree } = parseCommit((await reader.require(head)).content);
  const excluded = await broughtFiles(
    repo,
    config.worktree,
    async (each) => (await trees.find(tree, each)) !== undefined,
  );
  const copy = repo.isSilent === true ? [`/${specPath(left.id)}`] : [];
  await freezeWorktree(repo, shadow, adminDir, [...excluded, ...copy]);
  await indexFrom(repo, shadow, path, settings, tree);
  // The files of an orphan are kept when it is cleared away, and only if all of them can be.
  if (left.remedy !== "clean") {
    await keepStaged(engine, left, shadow, head);
    const content = await contentOf(repo, shadow, path);
    const held =
      content.kind === "tree" ? await treeWithCopy(engine, content.tree, path, left.id) : undefined;
    if (held !== undefined) await keep(engine, left, head, held, "in");
  }
  await writeJson(preparedFile(folder), { stashes: await stashesOn(repo, branch), atMs: 0 });
  return { run, head, base };
}

/** Keeps what is staged in a worktree, where that differs from its commit. */
export async function keepStaged(
  engine: Engine,
  left: LeftBehind,
  shadow: Shadow,
  head: string,
): Promise<void> {
  const staged = await stagedTree(engine.repo, shadow, left);
  if (staged !== undefined) await keep(engine, left, head, staged, "staged in");
}

async function keep(
  engine: Engine,
  { id }: LeftBehind,
  head: string,
  tree: string,
  what: "in" | "staged in",
): Promise<void> {
  const { repo, reader } = engine;
  if (tree === parseCommit((await reader.require(head)).content).tree) return;
  const reason = `What was ${what} the worktree of ${id} when its record was found to be lost.`;
  await keepSnapshot(
    repo,
    id,
    { tree, parents: [head], reason, since: await homeCommit(engine) },
    engine.signature(),
  );
}
