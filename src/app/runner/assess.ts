import { dirname, join } from "node:path";
import { criteriaIn, criteriaNotIn, tick } from "../../domain/criteria.ts";
import { type AgentEnd, judge, type RunFacts, type Verdict } from "../../domain/judge.ts";
import { isBroken, parseSpec } from "../../domain/spec.ts";
import { parseSpecBytes } from "../../domain/spec-bytes.ts";
import { steeringPaths } from "../../domain/steering.ts";
import { pastDeadLock } from "../../git/dead-ref-lock.ts";
import { makeCommit, parseCommit, type Signature, signatureOf } from "../../git/commit.ts";
import { copyIndex } from "../../git/copy-index.ts";
import { contentOf, headOf, stashesOn } from "../../git/facts.ts";
import { flushWork } from "../../git/flush-work.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { storeObjects } from "../../git/objects.ts";
import { gitText } from "../../git/program.ts";
import { isAncestor, swapRef } from "../../git/refs.ts";
import { broughtInto, type Shadow, worktreePlace } from "../../git/shadow.ts";
import { keepSnapshot } from "../../git/snapshot.ts";
import { LINK_MODE, readablePath, type TreeDifference, Trees } from "../../git/tree.ts";
import { effect } from "../../host/effects.ts";
import { SPEC_FOLDER, specPath } from "../../store/places.ts";
import { type Launch, type LaunchEnd, unpackSettings } from "../engine/launch.ts";
import { treeWithCopy } from "../engine/silent/copy.ts";
import { treeWithSpec } from "../engine/silent/disk.ts";
import { gitlinksIn } from "./gitlinks.ts";
import { specAtStart, specOnTarget } from "./spec-versions.ts";
import { STATUS_FILES } from "./status-file.ts";
import { unfinishedIn } from "./unfinished.ts";

/** What was there before the agent started, to compare with. */
export interface Before {
  readonly stashes: readonly string[];
  /** Wall time when the worktree was ready, milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Looks at what an agent left, commits what it did not (when it ended well), keeps a snapshot of what no commit
 * holds, and judges. All through the shadow: nothing that the agent wrote is run. `isFresh`: its index was freshened.
 */
export async function assess(
  launch: Launch,
  shadow: Shadow,
  before: Before,
  agent: AgentEnd,
  isFresh = true,
): Promise<LaunchEnd> {
  const { repo, worktree, branch, base, id } = launch;
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const [head, stashes, plain] = await Promise.all([
    headOf(reader, trees, shadow, worktree, branch, base, launch.target),
    stashesOn(repo, branch),
    contentOf(repo, shadow, worktree.path, { isFresh, since: { reader, trees, commit: base } }),
  ]);
  const place = { repo, trees };
  const withCopy = (tree: string): Promise<string> => treeWithCopy(place, tree, worktree.path, id);
  const content = plain.kind === "tree" ? { ...plain, tree: await withCopy(plain.tree) } : plain;
  let tip = head.tip;
  const commits = [...head.commits];
  const tipTree = await withCopy(await treeOf(reader, tip));
  const baseTree = await startTree(place, launch, await treeOf(reader, base));
  const left = content.kind === "tree" ? await trees.diff(tipTree, content.tree) : [];
  const all = content.kind === "tree" ? await trees.diff(baseTree, content.tree) : [];
  const found = { reader, trees };
  // What only the commits hold lands, and what only the files hold would be committed.
  const gitlinks =
    content.kind === "tree"
      ? await gitlinksIn(found, launch, content.tree, [...all, ...left])
      : { changed: [], nested: [] };
  const isWell = agent.kind === "exited" ? agent.code === 0 : agent.kind === "reported" && agent.ok;
  const unfinished = await unfinishedIn(launch, shadow, reader, left);
  // In the middle of a merge files have both sides in them, and of a rebase HEAD has but a part of the work.
  const isOurs = !["foreign", "on_target", "damaged"].includes(head.place) && unfinished === undefined;
  const broughtCommitted = await committedOf(launch, shadow, reader, trees, [...head.commits, head.tip]);
  const canCommit =
    content.kind === "tree" &&
    isOurs &&
    [...gitlinks.changed, ...gitlinks.nested, ...broughtCommitted].length === 0;

  let uncommitted = left.map((change) => readablePath(change.path));
  if (launch.autoCommit && isWell && canCommit && left.length > 0 && plain.kind === "tree") {
    tip = await commitRest(launch, shadow, tip, plain.tree);
    commits.push(tip);
    uncommitted = [];
  }
  if (isOurs) {
    // Expected where it was looked at: what somebody else put there meanwhile is judged as well.
    const isOn = head.place === "on_branch";
    const from = isOn ? head.tip : await reader.resolve(`refs/heads/${branch}`);
    if (from !== undefined && !isOn && !(await isAncestor(repo, from, tip))) {
      const reason = `What was on ${branch} while the agent went on elsewhere.`;
      await keepSnapshot(
        repo,
        id,
        { tree: await treeOf(reader, from), parents: [from], reason, since: base },
        signature(launch),
      );
    }
    await flushWork({ repo, reader, trees }, tip, base);
    if (!(await moveBranch(launch, tip, from))) return await assess(launch, shadow, before, agent);
  }
  let snapshot: string | undefined;
  const onlyTicks = await isOnlyTicks(reader, id, all);
  // What was ticked stands in no commit of a silent project.
  const isTicked = launch.spec !== undefined && !isWell && all.some((each) => pathOf(each) === specPath(id));
  if (content.kind === "tree" && (uncommitted.length > 0 || !isOurs || isTicked)) {
    const why = `The worktree of ${id} at the end of attempt ${launch.attempt}.`;
    snapshot = await keepSnapshot(
      repo,
      id,
      { tree: content.tree, parents: [tip], reason: why, since: isOurs ? tip : base },
      signature(launch),
    );
  }
  const spec = content.kind === "tree" ? await specBytes(reader, trees, content.tree, id) : undefined;
  const facts: RunFacts = {
    agent,
    ...(await readSpecFacts(launch, found, spec)),
    uncommitted,
    // There are no commits of ticks alone where git ignores the spec.
    commits: launch.spec !== undefined && onlyTicks ? Math.max(1, commits.length) : commits.length,
    changedPaths: all.map((change) => readablePath(change.path)),
    head: head.place,
    ...(unfinished === undefined ? {} : { unfinished }),
    ...(content.kind === "unreadable" ? { unreadable: content.reason } : {}),
    nestedRepositories: gitlinks.nested,
    changedGitlinks: gitlinks.changed,
    broughtCommitted,
    newStashes: stashes.filter((oid) => !before.stashes.includes(oid)).length,
    steering: await steeringOf(launch, shadow, reader, trees, tip, all),
    onlyTicks,
    requireChanges: launch.requireChanges,
  };
  const verdict: Verdict = judge(facts);
  return {
    version: 1,
    agent,
    verdict,
    tip,
    commits,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(launch.spec === undefined || spec === undefined ? {} : { spec: spec.toString("utf8") }),
  };
}

const pathOf = (change: TreeDifference): string => readablePath(change.path);

const signature = (launch: Launch): Signature =>
  signatureOf(unpackSettings(launch.settings), Date.now(), "off");

async function treeOf(reader: ObjectReader, commit: string): Promise<string> {
  return parseCommit((await reader.require(commit)).content).tree;
}

/** Returns the tree that a run started from, with the spec as it was then. */
async function startTree(
  place: Parameters<typeof treeWithSpec>[0],
  { id, spec }: Pick<Launch, "id" | "spec">,
  tree: string,
): Promise<string> {
  return spec === undefined ? tree : treeWithSpec(place, tree, specPath(id), Buffer.from(spec, "utf8"));
}

/** Commits what the agent left, as the user, on its branch; the worktree's own index follows. */
async function commitRest(launch: Launch, shadow: Shadow, tip: string, tree: string): Promise<string> {
  const message = restMessage(launch);
  const commit = await makeCommit(launch.repo, { tree, parents: [tip], message }, signature(launch));
  await storeObjects(launch.repo, commit.objects);
  const index = worktreePlace(shadow, launch.repo, launch.worktree.path).indexFile;
  if (index !== undefined) await copyIndex(index, join(launch.worktree.adminDir, "index"));
  return commit.oid;
}

/** The history of a silent project speaks of the work alone. */
function restMessage({ id, spec: text }: Launch): string {
  if (text === undefined) return `chant(${id}): what the agent left uncommitted`;
  const spec = parseSpec(id, text);
  return isBroken(spec) ? "What was left uncommitted" : spec.title.replaceAll(/\s+/g, " ");
}

/** Points the run's branch, and the worktree's HEAD with it, at the commit that is judged; false when it has moved. */
async function moveBranch(launch: Launch, tip: string, from: string | undefined): Promise<boolean> {
  const ref = `refs/heads/${launch.branch}`;
  if (from === tip) return true;
  const move = (): Promise<boolean> => swapRef(launch.repo, ref, tip, from, "chant: judged commit");
  return effect("runner.commit", () => pastDeadLock(launch.repo, ref, move));
}

async function specBytes(
  reader: ObjectReader,
  trees: Trees,
  tree: string,
  id: string,
): Promise<Buffer | undefined> {
  const entry = await trees.find(tree, specPath(id));
  return entry === undefined ? undefined : (await reader.read(entry.oid))?.content;
}

async function readSpecFacts(
  launch: Launch,
  place: { readonly reader: ObjectReader; readonly trees: Trees },
  bytes: Buffer | undefined,
): Promise<Pick<RunFacts, "criteria" | "lostCriteria" | "specReadable">> {
  const none = { criteria: [], lostCriteria: [] };
  if (bytes === undefined) return { ...none, specReadable: "missing" };
  const spec = parseSpecBytes(launch.id, bytes);
  if (isBroken(spec)) {
    return { ...none, specReadable: { line: spec.line, column: spec.column, message: spec.message } };
  }
  // A person has said that open ones do not count.
  if (launch.judgeOnly?.forcedBy !== undefined) return { ...none, specReadable: true };
  const { criteria } = spec;
  const began = (await specAtStart(place, launch))?.criteria ?? [];
  const gone = criteriaNotIn(criteria, began);
  // What a person has taken out on the target is not asked for any more.
  const asked = gone.length === 0 ? undefined : await specOnTarget(place, launch);
  const lost = asked === undefined ? gone : criteriaIn(asked.criteria, gone);
  return { criteria, lostCriteria: lost.map(({ text }) => text), specReadable: true };
}

/**
 * Returns what of the changes steers what runs later and was not asked for. What came by merging the target in is the
 * target's own: nothing of it would land.
 */
async function steeringOf(
  launch: Launch,
  shadow: Shadow,
  reader: ObjectReader,
  trees: Trees,
  tip: string,
  changes: readonly TreeDifference[],
): Promise<readonly string[]> {
  const { id, base, target, judgeOnly } = launch;
  // A person has looked, and says that it is to land.
  if (judgeOnly?.forcedBy !== undefined) return [];
  const targetFiles = (await specAtStart({ reader, trees }, launch))?.targetFiles ?? [];
  const found = steeringPaths(
    id,
    changes.map((change) => ({ path: pathOf(change), isLink: change.now?.mode === LINK_MODE })),
    targetFiles,
  );
  const onto = found.length === 0 || target === undefined ? undefined : await reader.resolve(target);
  if (onto === undefined) return found;
  const met = await gitText(shadow.objects, ["merge-base", tip, onto], { accept: [0, 1] });
  if (met === "" || met === base) return found;
  const landing = (await trees.diff(await treeOf(reader, met), await treeOf(reader, tip))).map(pathOf);
  return found.filter((path) => landing.includes(path));
}

/**
 * Returns what of the things that chant brought into the worktree a commit holds: an agent can add what git ignores. A
 * later commit that removes it would land it all the same. What the target has is no secret any more.
 */
async function committedOf(
  { target, spec }: Launch,
  shadow: Shadow,
  reader: ObjectReader,
  trees: Trees,
  commits: readonly string[],
): Promise<readonly string[]> {
  // Nothing of chant's is ever in a commit of a silent project.
  const silent = spec === undefined ? [] : [dirname(SPEC_FOLDER)];
  const brought = [...(await broughtInto(shadow)).filter((path) => !STATUS_FILES.includes(path)), ...silent];
  if (brought.length === 0) return [];
  const onto = target === undefined ? undefined : await reader.resolve(target);
  const known = onto === undefined ? undefined : await treeOf(reader, onto);
  const found = new Set<string>();
  for (const commit of new Set(commits)) {
    const tree = await treeOf(reader, commit);
    for (const path of brought) {
      if (found.has(path) || (await trees.find(tree, path)) === undefined) continue;
      if (known === undefined || (await trees.find(known, path)) === undefined) found.add(path);
    }
  }
  return [...found];
}

/** Tells whether all that changed are boxes in the spec. */
async function isOnlyTicks(
  reader: ObjectReader,
  id: string,
  changes: readonly TreeDifference[],
): Promise<boolean> {
  const [change] = changes;
  if (changes.length !== 1 || change === undefined || pathOf(change) !== specPath(id)) return false;
  if (change.old === undefined || change.now === undefined) return false;
  const [old, now] = await Promise.all([reader.require(change.old.oid), reader.require(change.now.oid)]);
  return tick(old.content.toString("utf8"), "all") === tick(now.content.toString("utf8"), "all");
}
