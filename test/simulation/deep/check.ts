import { parseSpec, isBroken } from "../../../src/domain/spec.ts";
import type { RunRecord } from "../../../src/app/engine/record.ts";
import { explain } from "../../../src/app/why.ts";
import { openWorkspace } from "../../../src/app/workspace.ts";
import { HOME } from "./commands.ts";
import { passesGate } from "./gate.ts";
import { checkoutAt } from "./git/porcelain.ts";
import type { Files, Store } from "./git/store.ts";
import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";

const GIT = `${HOME}/.git`;

function recordsOf({ disk }: Machine): readonly RunRecord[] {
  return disk
    .filesBelow(`${GIT}/chant/runs`)
    .filter((name) => name.endsWith(".json") && !name.startsWith(".tmp-"))
    .map((name) => JSON.parse(disk.text(`${GIT}/chant/runs/${name}`) ?? "") as RunRecord);
}

const isParked = (record: RunRecord): boolean =>
  record.phase === "parked" && record.parked?.isPublished === true;

/** Nothing moves any more by itself: what is not over waits for a person, or, unless `isFree`, for the user to make way. */
export function isQuiet(machine: Machine, isFree: boolean): boolean {
  const isGoing = [...machine.processes.values()].some(
    ({ name, kind }) => kind !== "git" && name !== "watch" && name !== "work",
  );
  if (isGoing) return false;
  const isThere = (name: string): boolean => machine.disk.find(`${GIT}/${name}`) !== undefined;
  const isStuck = isThere("chant/landing.json") && isThere("index.lock");
  if (isStuck && !isFree) return true;
  return recordsOf(machine).every(
    (record) =>
      isParked(record) ||
      // A git that was killed holds its branch: clearing away waits for whoever removes the lock.
      (!isFree && isThere(`refs/heads/${record.branch}.lock`)) ||
      (!isFree && (record.waits !== undefined || record.phase === "parked")),
  );
}

/** The target's history, the newest first. */
function storyOf(machine: Machine): readonly string[] {
  const { store } = checkoutAt(machine, HOME);
  return [...store.reachable([store.ref("refs/heads/main") ?? ""])].map(
    (oid) => `${oid.slice(0, 8)} ${store.commit(oid).message.trim().replaceAll("\n", " | ")}`,
  );
}

function fail(machine: Machine, what: string): never {
  const told = [
    ...storyOf(machine),
    ...machine.refusals.filter((each) => !each.startsWith("watch:")).slice(-12),
  ].join("\n  ");
  throw new Error(`${what}\n  ${told}`);
}

/** Whatever is not over says why, in words. */
export async function checkQuiet({ machine, specs }: History): Promise<void> {
  const problems: string[] = [];
  // On another branch the files say how things stood when it was left.
  const isOnTarget = machine.disk.text(`${GIT}/HEAD`)?.trim() === "ref: refs/heads/main";
  const asker = machine.start("chant", "why", async () => {
    const workspace = await openWorkspace(HOME, {});
    for (const id of specs) {
      if (machine.disk.find(`${HOME}/.chant/specs/${id}.md`) === undefined) continue;
      const answer = await explain(workspace, id, {
        nowMs: () => machine.nowMs,
        monotonicMs: () => machine.monotonicMs,
      });
      if (answer.reasons.join("").trim() === "") problems.push(`${id} (${answer.status}) does not say why`);
      const isWaiting = answer.reasons.some((reason) => /wait|cannot be finished/i.test(reason));
      const { store } = checkoutAt(machine, HOME);
      const main = store.ref("refs/heads/main") ?? "";
      const isByHand =
        answer.status === "in_progress" &&
        (statusAt(store, main, id) === "pending" || isSetByUser(store, main, id));
      if (isOnTarget && !RESTING.has(answer.status) && !isWaiting && !isByHand) {
        problems.push(`${id} is ${answer.status}: ${answer.reasons.join(" ")}`);
      }
    }
    return 0;
  });
  await machine.run(machine.monotonicMs + 60_000, () => !asker.isAlive);
  const [fault] = machine.faults;
  if (fault !== undefined) throw fault;
  if (problems.length > 0) fail(machine, problems.join("\n"));
}

const RESTING = new Set([
  "completed",
  "needs_attention",
  "failed",
  "cancelled",
  "pending",
  "blocked",
  "broken",
]);

/** What a real machine has and this one has not: a fault of the simulation's. */
const NOT_HERE = /not simulated|\[vitest\]|no start time/;

/** What must hold when a history is over. */
export function checkEnd(history: History): void {
  const { machine, specs, user, hasGates, isSilent } = history;
  const unknown = machine.refusals.find((each) => NOT_HERE.test(each));
  const told = machine.events.map((event) => JSON.stringify(event)).find((each) => NOT_HERE.test(each));
  // What this machine does not have may have been taken for a fault of the world's.
  if (unknown !== undefined || told !== undefined) fail(machine, unknown ?? told ?? "");
  const { disk } = machine;
  const { store } = checkoutAt(machine, HOME);
  const main = store.ref("refs/heads/main") ?? fail(machine, "the target is gone");
  const records = recordsOf(machine);
  const refs = store.refs();

  // Nothing that any ref ever named is lost.
  const heads = disk
    .filesBelow("/wt")
    .flatMap((file) =>
      file.endsWith("/.git")
        ? [store.ref("HEAD", checkoutAt(machine, `/wt/${file.slice(0, -5)}`).gitDir)]
        : [],
    );
  const reachable = store.reachable([...refs.values(), ...heads.filter((oid) => oid !== undefined)]);
  for (const oid of machine.seenCommits) {
    if (isStart(store, oid) || (isSilent && isTry(store, oid))) continue;
    if (!reachable.has(oid)) {
      fail(
        machine,
        `commit ${oid} (${store.object(oid) === undefined ? "gone" : store.commit(oid).message.trim()}) can no longer be reached`,
      );
    }
  }
  // What chant named is whole.
  for (const [ref, oid] of refs) {
    const isOfRun = ref.startsWith("refs/heads/") && ref !== "refs/heads/main";
    if (!isOfRun && !store.isWhole([oid])) fail(machine, `of ${ref} something is missing`);
  }
  checkBlobs(history, store, reachable);

  // Landed at most once, and completed if and only if it is on the target.
  const past = store.reachable([main]);
  const landings = new Map<string, string>();
  for (const oid of past) {
    const { message } = store.commit(oid);
    const [run, spec] = [/^Chant-Run: (.+)$/m.exec(message)?.[1], /^Chant-Spec: (.+)$/m.exec(message)?.[1]];
    // What a person finalizes lands without a run.
    const byHand = /^Finalize (\S+)$/m.exec(message)?.[1];
    if (byHand !== undefined) landings.set(oid, byHand);
    if (run === undefined || spec === undefined) continue;
    if (landings.has(run)) fail(machine, `run ${run} of ${spec} landed twice`);
    landings.set(run, spec);
  }
  const files = store.files(main);
  checkContents(machine, store, past, files);
  if (isSilent) checkSilence(history, store);
  if (hasGates && !passesGate([...files.keys()])) fail(machine, "what its gate does not pass has landed");
  for (const id of specs) {
    const entry = files.get(`.chant/specs/${id}.md`);
    const committed = entry === undefined ? undefined : store.require(entry.oid).content.toString("utf8");
    const text = isSilent ? disk.text(`${HOME}/.chant/specs/${id}.md`) : committed;
    const spec = text === undefined ? undefined : parseSpec(id, text);
    if (spec === undefined || isBroken(spec)) continue;
    const record = records.find((each) => each.id === id && each.target === "refs/heads/main");
    const hasLanded = [...landings.values()].includes(id);
    if (spec.status === "completed" && !hasLanded && !isSilent) {
      fail(machine, `${id} is completed and never landed`);
    }
    if (spec.status === "completed" && record !== undefined) {
      fail(machine, `${id} is completed and has a record`);
    }
    if (spec.status === "in_progress" && !isSetByUser(store, main, id)) {
      fail(machine, `${id} is stuck in progress; its record: ${JSON.stringify(record)}`);
    }
    const isByHand = spec.status === "in_progress" && isSetByUser(store, main, id);
    if (record !== undefined && !["failed", "needs_attention"].includes(spec.status) && !isByHand) {
      fail(machine, `${id} is ${spec.status} and has a record: ${JSON.stringify(record)}`);
    }
  }

  // Nothing is left of what is over.
  for (const record of records) {
    if (isParked(record)) continue;
    fail(machine, `the run of ${record.id} is ${record.phase}: ${JSON.stringify(record)}`);
  }
  const isOf = (test: (record: RunRecord) => boolean): boolean => records.some(test);
  const left = [
    ...(disk.find(`${HOME}/.chant/.locks`) === undefined ? [] : disk.list(`${HOME}/.chant/.locks`)).filter(
      (name) => name.endsWith(".lock"),
    ),
    ...disk.list("/wt").filter((name) => !isOf((record) => record.worktree === `/wt/${name}`)),
    ...disk.list(`${GIT}/chant/work`).filter((name) => !isOf((record) => record.run === name)),
    ...(disk.find(`${GIT}/worktrees`) === undefined ? [] : disk.list(`${GIT}/worktrees`)).filter(
      (name) =>
        !isOf(({ adminDir, worktree = "" }) =>
          adminDir === undefined
            ? name.startsWith(worktree.replace("/wt/", "") || "none")
            : adminDir === `${GIT}/worktrees/${name}`,
        ),
    ),
    ...[...refs.keys()].filter(
      (ref) =>
        // The proof of a try that came to nothing goes with its run.
        (ref.startsWith("refs/chant/landed/") && !isOf(({ run }) => ref.endsWith(run))) ||
        (ref.startsWith("refs/heads/chant/") && !isOf((record) => ref === `refs/heads/${record.branch}`)),
    ),
    ...disk.list(GIT).filter((name) => name.endsWith(".lock") || name.startsWith("chant-index-")),
    ...disk.list(`${GIT}/chant`).filter((name) => name === "landing.json"),
    ...(disk.find(`${GIT}/chant/gates`) === undefined ? [] : disk.list(`${GIT}/chant/gates`)).filter(
      // A file that was never put in place is for chant cleanup.
      (name) => !/^(?:gate\.db.*|verdicts|\.tmp-.*)$/.test(name),
    ),
    ...[...machine.processes.values()].map((process) => `${process.name} still runs`),
  ];
  if (left.length > 0) fail(machine, `left behind: ${left.join(", ")}: ${disk.filesBelow("/wt").join(" ")}`);

  // The user's words are where they wrote them, or committed from there.
  const tips = targetsOf(store).map((oid) => store.files(oid));
  for (const { path, word } of user.words) {
    const texts = [
      disk.text(`${HOME}/${path}`),
      ...tips.map((tip) => {
        const entry = tip.get(path);
        return entry === undefined ? undefined : store.require(entry.oid).content.toString("utf8");
      }),
    ];
    if (!texts.some((text) => text?.includes(word) === true)) {
      fail(machine, `"${word}", which the user wrote into ${path}, is gone`);
    }
  }
}

/** A run lands where it was started. */
const targetsOf = (store: Store): readonly string[] =>
  ["refs/heads/main", "refs/heads/side"].flatMap((ref) => store.ref(ref) ?? []);

const hasLandedSilently = (store: Store, id: string): boolean =>
  targetsOf(store).some((tip) => store.files(tip).has(`work-${id}.txt`));

/** Nothing of chant's is in the history of its targets, and of each work that is there its spec says so. */
function checkSilence({ machine, specs, decisions }: History, store: Store): void {
  for (const oid of store.reachable(targetsOf(store))) {
    const { message } = store.commit(oid);
    const path = [...store.files(oid).keys()].find((each) => each.startsWith(".chant"));
    if (path !== undefined) fail(machine, `${path} is in commit ${oid}`);
    if (/^Chant-|^(?:Start|Finalize|Merge) |chant/m.test(message)) {
      fail(machine, `a commit says "${message}"`);
    }
  }
  for (const id of specs) {
    const hasLanded = hasLandedSilently(store, id);
    const text = machine.disk.text(`${HOME}/.chant/specs/${id}.md`);
    const spec = text === undefined ? undefined : parseSpec(id, text);
    if (spec === undefined || isBroken(spec)) continue;
    // Also of what is completed a person can start over.
    const isDone = ["completed", "cancelled"].includes(spec.status) || wasReset(decisions, id);
    if (hasLanded && !isDone) fail(machine, `${id} has landed and is ${spec.status}`);
    const isByWord = decisions.some((each) => each.startsWith(`finalize ${id}`));
    if (!hasLanded && spec.status === "completed" && !isByWord) {
      fail(machine, `${id} is completed and never landed`);
    }
  }
}

const wasReset = (decisions: readonly string[], id: string): boolean =>
  decisions.some((each) => each.startsWith(`reset ${id}`));

/** What has landed does not begin anew. */
export function checkStarts({ machine, isSilent, decisions }: History): void {
  if (!isSilent) return;
  const { store } = checkoutAt(machine, HOME);
  for (const { id, base } of recordsOf(machine)) {
    const hasLanded = base !== undefined && store.files(base).has(`work-${id}.txt`);
    if (hasLanded && !wasReset(decisions, id)) fail(machine, `${id} has landed, and begins once more`);
  }
}

/** What an agent writes into the file of its spec. */
const isWork = (content: string): boolean => /^work [0-9a-f]{8}\n$/.test(content);

/** What landed is there as it was made, and what nobody changed is as it was. */
function checkContents(machine: Machine, store: Store, history: ReadonlySet<string>, files: Files): void {
  const text = (oid: string | undefined): string | undefined =>
    oid === undefined ? undefined : store.require(oid).content.toString("utf8");
  // Of what was not committed a loss of power may leave a beginning, and an agent that was told may say that this is it.
  const isBegun = (content: string, path: string): boolean =>
    machine.powerLosses > 0 &&
    ("work ".startsWith(content) || /^work [0-9a-f]{1,8}$/.test(content)) &&
    ![...history].some((oid) => {
      const other = text(store.files(oid).get(path)?.oid) ?? "";
      return isWork(other) && other.startsWith(content);
    });
  const untouched = text(files.get("README.md")?.oid);
  if (untouched !== "a project\n") fail(machine, `README.md is ${JSON.stringify(untouched)} on the target`);
  for (const oid of history) {
    const spec = /^Chant-Spec: (.+)$/m.exec(store.commit(oid).message)?.[1];
    const path = `work-${spec ?? ""}.txt`;
    const made = spec === undefined ? undefined : text(store.files(oid).get(path)?.oid);
    const now = text(files.get(path)?.oid);
    if (made !== undefined && now !== undefined && !isWork(now) && !isBegun(now, path)) {
      fail(machine, `${path} is ${JSON.stringify(now)} on the target`);
    }
    if (made !== undefined && now === undefined) fail(machine, `${path} landed and is gone`);
  }
}

/** A start that never got to the target holds nothing but what stands on disk. */
const isStart = (store: Store, oid: string): boolean =>
  store.object(oid) !== undefined && store.commit(oid).message.startsWith("Start ");

/** A merge that its proof named and the target never became holds nothing but the two sides. */
const isTry = (store: Store, oid: string): boolean =>
  store.object(oid) !== undefined &&
  store.commit(oid).parents.length === 2 &&
  /^Spec \d+$/.test(store.commit(oid).message.trim());

/** What a removed worktree held is in some commit that can be reached. */
function checkBlobs({ machine, isSilent }: History, store: Store, reachable: ReadonlySet<string>): void {
  const known = new Set<string>();
  const starts = [...machine.seenCommits].filter((oid) => isStart(store, oid));
  for (const oid of [...reachable, ...starts]) {
    for (const { oid: blob } of store.files(oid).values()) known.add(blob);
  }
  for (const [oid, { path, data }] of machine.removedBlobs) {
    // A gate's files are thrown away: what is its own in them is nobody's.
    if (known.has(oid) || path.startsWith("/wt/chant-gate_")) continue;
    // What was ticked in the copy of a spec is in the spec once that has landed; without ticks it is chant's own.
    const copyOf = isSilent ? /\/\.chant\/specs\/([^/]+?)(?:\.md)?$/.exec(path)?.[1] : undefined;
    const isTicked = data.includes("- [x]");
    if (copyOf !== undefined && (!isTicked || hasLandedSilently(store, copyOf))) continue;
    // A file that was cut off while it was checked out is the beginning of one that is known.
    const isCutOff = [...known].some((each) =>
      store.require(each).content.subarray(0, data.length).equals(data),
    );
    if (!isCutOff) fail(machine, `what stood in ${path} is nowhere`);
  }
}

/** What a commit says of a spec. */
function statusAt(store: Store, oid: string, id: string): string | undefined {
  const entry = store.files(oid).get(`.chant/specs/${id}.md`);
  const text = entry === undefined ? "" : store.require(entry.oid).content.toString();
  return /^status: (\w+)$/m.exec(text)?.[1];
}

/**
 * Tells whether the user's own commit set a spec in progress that was pending: they can, also by taking along what a
 * start had begun to write when it was cut off, before anybody could finish it.
 */
const isSetByUser = (store: Store, tip: string, id: string): boolean =>
  [...store.reachable([tip])].some((oid) => {
    const { message, parents } = store.commit(oid);
    const before = parents.map((parent) => statusAt(store, parent, id));
    const isPending = before.every((status) => status === undefined || status === "pending");
    return /^(Mine|What I had)$/m.test(message) && isPending && statusAt(store, oid, id) === "in_progress";
  });

/** All that chant keeps or writes, as text, to compare; logs and the times of things are left out. */
export function imageOf(machine: Machine): string {
  const { disk } = machine;
  const files = disk
    .filesBelow(HOME)
    .filter(
      (path) => !/\.tmp-|^\.chant\/logs\/|^\.git\/objects\/|\.db$|inbox\/|^\.git\/chant\/shadow\//.test(path),
    );
  const text = (path: string): string => {
    const content = disk.text(`${HOME}/${path}`) ?? "";
    if (!path.startsWith(".git/chant/runs/")) return content;
    const { owner: _owner, ...record } = JSON.parse(content) as RunRecord;
    return JSON.stringify(record);
  };
  return [...files.map((path) => `${path} ${JSON.stringify(text(path))}`), ...disk.filesBelow("/wt")].join(
    "\n",
  );
}
