import { decodeUtf8 } from "../../kit/utf8.ts";
import { approvalAtStart, approvalOf } from "../../domain/approval.ts";
import { editFrontMatter, type FrontMatterValue } from "../../domain/front-matter.ts";
import { groupOf } from "../../domain/group.ts";
import { isMemberOf, type SpecId } from "../../domain/id.ts";
import { type Mark, markedText, REOPENED, timeText } from "../../domain/mark.ts";
import { driverMarks } from "../../domain/group-marks.ts";
import { isBroken, parseSpec, type Spec } from "../../domain/spec.ts";
import type { OwnedFile } from "../../git/publish.ts";
import { readablePath, type TreeDifference } from "../../git/tree.ts";
import { specPath } from "../../store/places.ts";
import type { Engine } from "./engine.ts";
import type { HomeFiles } from "./home-files.ts";
import type { Landings } from "./land-batch.ts";
import { parkMessage, startMessage } from "./messages.ts";
import type { RunRecord, Waits } from "./record.ts";
import { commitFiles, type Step, stepOf, textAt } from "./step.ts";
import { approvalFacts, groupWorld, type SpecReader, type SpecWorld, whyGateShut } from "./world.ts";

/** What shall appear on one target in one step. */
export interface Batch {
  /** A full ref name. */
  readonly target: string;
  readonly specs: SpecReader;
  /** Judged done. */
  readonly land: readonly RunRecord[];
  /** Failed, or waiting for a person: `parked` says how. */
  readonly park: readonly RunRecord[];
  /** What a person decided about specs: each becomes a commit of its own. */
  readonly marks?: readonly Mark[];
  /** Then the marks become one commit, with this message. */
  readonly message?: string;
  /** A commit of a command's own; returns the step that it was given when there is nothing to do. */
  readonly more?: (from: Step) => Promise<Step>;
  /** Claims what shall start; asked once, when the landings are computed, so that what they unblock is among it. */
  readonly start: (completed: readonly SpecId[]) => Promise<readonly RunRecord[]>;
  /**
   * Which of the claimed may still start when only these are completed: a landing that was counted on may have been
   * left out meanwhile. The specs are those of this moment.
   */
  readonly mayStill: (
    claims: readonly RunRecord[],
    completed: readonly SpecId[],
    world: SpecWorld,
  ) => Promise<readonly RunRecord[]>;
}

/** A batch computed on one commit of the target: nothing of it is visible yet. */
export interface BatchPlan {
  readonly to: Step;
  readonly owned: readonly OwnedFile[];
  readonly changes: readonly TreeDifference[];
  /** For the reflog. */
  readonly reason: string;
  readonly claims: readonly RunRecord[];
  readonly landed: Landings["landed"];
  readonly already: Landings["already"];
  readonly conflicts: Landings["conflicts"];
  /** Its spec was edited in home in a way that cannot be brought together with the landing. */
  readonly held: readonly { readonly record: RunRecord; readonly waits: Waits }[];
  readonly unparkable: readonly RunRecord[];
  /** Files of marks that were edited in home in a way that cannot be brought together with them. */
  readonly stuckMarks: readonly string[];
  readonly started: readonly RunRecord[];
  readonly dropped: readonly { readonly record: RunRecord; readonly reason: string }[];
}

/** @param landings of the batch's runs, computed on the same commit */
export async function planBatch(
  engine: Engine,
  batch: Batch & { readonly claims: readonly RunRecord[] | undefined },
  landings: Landings,
  from: Step,
  home: HomeFiles | undefined,
): Promise<BatchPlan> {
  const { landed, already, conflicts } = landings;
  const asked = batch.marks ?? [];
  const completed = [...landings.completed];
  const marks: Mark[] = [...batch.park.map(parkMark), ...asked, ...landings.marks];
  const nowMs = engine.clock.nowMs();
  let { step } = landings;
  const followed = asked.length === 0 ? [] : driverMarks(asked, groupWorld(await batch.specs.read()), nowMs);
  marks.push(...followed);
  completed.push(...followed.filter(isCompletion).map(({ id }) => id));
  const unmarked = step;
  const marked: OwnedFile[] = [];
  const refused = new Set<string>();
  for (const mark of marks) {
    const made = await markStep(engine, step, mark, home);
    step = made.step;
    if (made.refused !== undefined) refused.add(made.refused);
    if (made.owned !== undefined) marked.push(made.owned);
  }
  if (batch.message !== undefined && step.commit !== unmarked.commit) {
    step = await commitFiles(engine, { commit: unmarked.commit, tree: step.tree }, new Map(), batch.message);
  }

  if (batch.more !== undefined) step = await batch.more(step);

  const claims = batch.claims ?? (await batch.start(completed));
  const start = await startStep(engine, { ...batch, claims, completed }, step, home, from);
  const changes = await engine.trees.diff(from.tree, start.step.tree);
  const follow =
    home === undefined
      ? undefined
      : await followSpecs(engine, home, { from, to: start.step, changes, landed }, [
          ...start.owned,
          ...marked,
        ]);
  const isStuck = (path: string): boolean => refused.has(path) || follow?.stuck.includes(path) === true;
  const stuckOf = (record: RunRecord, drivers: readonly SpecId[]): readonly string[] =>
    [record.id, ...drivers].map(specPath).filter(isStuck);
  return {
    to: start.step,
    owned: [...start.owned, ...marked, ...(follow?.owned ?? [])],
    changes,
    reason: reasonOf(landed.length, batch.park.length + (batch.marks ?? []).length, start.started.length),
    claims,
    landed,
    already,
    conflicts,
    held: landed.flatMap(({ record, drivers }) => {
      const files = stuckOf(record, drivers);
      return files.length === 0
        ? []
        : [{ record, waits: { reason: "local changes", files, isPassing: false } }];
    }),
    unparkable: batch.park.filter((record) => isStuck(specPath(record.id))),
    stuckMarks: [...(batch.marks ?? []), ...followed].map((mark) => specPath(mark.id)).filter(isStuck),
    started: start.started,
    dropped: start.dropped,
  };
}

export const isCompletion = ({ changes }: Mark): boolean =>
  changes !== "remove" && changes["status"] === "completed";

export function reasonOf(landed: number, parked: number, started: number): string {
  const parts = [
    [landed, "landed"],
    [parked, "marked"],
    [started, "started"],
  ] as const;
  return `chant: ${parts.flatMap(([n, word]) => (n > 0 ? [`${n} ${word}`] : [])).join(", ")}`;
}

/** The status under which a run waits for a person. */
export function parkMark(record: RunRecord): Mark {
  if (record.parked === undefined) throw new Error(`${record.id} is not parked`);
  const { status, reason, atMs } = record.parked;
  const at = timeText(atMs);
  return {
    id: record.id,
    // One line: all of it is in the log.
    changes: { status, attention: { reason: reason.replaceAll(/\s+/g, " ").trim(), at } },
    message: parkMessage(record.id, status, reason),
  };
}

interface MarkStep {
  readonly step: Step;
  readonly owned?: OwnedFile;
  /** The file that was left alone, because it is not UTF-8, or no file. */
  readonly refused?: string;
}

/** One commit that changes one spec. A spec that the target does not know yet comes as it stands on disk. */
async function markStep(
  engine: Engine,
  from: Step,
  mark: Mark,
  home: HomeFiles | undefined,
): Promise<MarkStep> {
  const { id, changes, message, isUnticked, isAsOnDisk } = mark;
  const path = specPath(id);
  const file = await textAt(engine, from.tree, path);
  if (file === undefined || isAsOnDisk === true) {
    const bytes = changes === "remove" ? undefined : await home?.read(path);
    if (bytes === undefined || home === undefined || changes === "remove") {
      return file === undefined
        ? { step: from }
        : markStep(engine, from, { ...mark, isAsOnDisk: false }, undefined);
    }
    const disk = bytes === "unreadable" ? undefined : decodeUtf8(bytes);
    if (bytes === "unreadable" || disk === undefined) return { step: from, refused: path };
    const after = Buffer.from(markedText(disk, { changes, isUnticked }), "utf8");
    const owned = await home.asOnDisk(path, bytes, after, file?.oid);
    return { step: await commitFiles(engine, from, new Map([[path, { blob: owned.blob }]]), message), owned };
  }
  if (changes !== "remove" && !file.isUtf8) return { step: from, refused: path };
  const text = changes === "remove" ? undefined : markedText(file.text, { changes, isUnticked });
  // After an interruption it may stand there already.
  if (text === file.text) return { step: from };
  return { step: await commitFiles(engine, from, new Map([[path, text]]), message) };
}

export interface StartStep {
  readonly step: Step;
  readonly started: readonly RunRecord[];
  readonly dropped: readonly { readonly record: RunRecord; readonly reason: string }[];
  readonly owned: readonly OwnedFile[];
}

/**
 * The one commit for specs that start together: each as it stands on disk, with its status in_progress, and with the
 * rest of its group as on disk, so that the target knows every member that its driver waits for. `published` is what
 * the branch shows now, before whatever else appears with it.
 */
export async function startStep(
  engine: Engine,
  batch: Pick<Batch, "specs" | "mayStill"> & {
    readonly claims: readonly RunRecord[];
    readonly completed: readonly SpecId[];
  },
  from: Step,
  home: HomeFiles | undefined,
  published = from,
): Promise<StartStep> {
  if (batch.claims.length === 0) return { step: from, started: [], dropped: [], owned: [] };
  const world = await batch.specs.read();
  const files = new Map<string, string | { readonly blob: string }>();
  const owned = new Map<string, OwnedFile>();
  const dropped: { record: RunRecord; reason: string }[] = [];
  const starting: RunRecord[] = [];
  const ready = await batch.mayStill(batch.claims, batch.completed, world);
  for (const record of batch.claims) {
    if (!ready.includes(record)) {
      dropped.push({ record, reason: "what it depends on has not landed" });
      continue;
    }
    const path = specPath(record.id);
    const committed = await textAt(engine, from.tree, path);
    const bytes = home === undefined ? undefined : await home.read(path);
    if (bytes === "unreadable") {
      dropped.push({ record, reason: "it changed just now" });
      continue;
    }
    const known = committed?.isUtf8 === true ? committed.text : undefined;
    const text = home === undefined ? known : bytes && decodeUtf8(bytes);
    const spec = text === undefined ? undefined : parseSpec(record.id, text);
    const isThere = (home === undefined ? committed : bytes) !== undefined;
    if (text === undefined || spec === undefined || isBroken(spec) || spec.status !== "pending") {
      dropped.push({ record, reason: isThere ? "it changed just now" : "it is gone" });
      continue;
    }
    // Asked once more of the very bytes that start: they may have been edited a moment ago.
    const asRead = { ...world, shown: new Map([...world.shown, [record.id, spec]]) };
    const shut =
      record.skipApproval === undefined ? whyGateShut(asRead, engine.config, record.id) : undefined;
    if (shut !== undefined) {
      dropped.push({ record, reason: shut });
      continue;
    }
    starting.push(record);
    const now = editFrontMatter(text, {
      status: "in_progress",
      attention: undefined,
      retry: undefined,
      ...approvalChange(engine, asRead, spec, record),
    });
    if (home === undefined || bytes === undefined) files.set(path, now);
    else owned.set(path, await home.asOnDisk(path, bytes, Buffer.from(now, "utf8"), committed?.oid));
    for (const id of groupOf(record.id, world.shown.keys())) {
      const relative = specPath(id);
      if (id === record.id || owned.has(relative) || files.has(relative)) continue;
      const isDriver = ready.some((each) => isMemberOf(each.id, id));
      if (home === undefined && !isDriver) continue;
      const there = await textAt(engine, from.tree, relative);
      // What this very step has changed is older on disk: a sibling that lands in it would be in progress again.
      if (there?.oid !== (await textAt(engine, published.tree, relative))?.oid) continue;
      if (home === undefined) {
        const opened = there?.isUtf8 === true ? openDriver(id, there.text) : undefined;
        if (opened !== undefined) files.set(relative, opened);
        continue;
      }
      const disk = await home.read(relative);
      if (disk === undefined || disk === "unreadable") continue;
      const opened = isDriver ? openDriver(id, decodeUtf8(disk)) : undefined;
      const after = opened === undefined ? disk : Buffer.from(opened, "utf8");
      owned.set(relative, await home.asOnDisk(relative, disk, after, there?.oid));
    }
  }
  // A sibling that starts in the same step is in there as starting, whichever of the two came first.
  for (const file of owned.values()) files.set(file.path, { blob: file.blob });
  if (starting.length === 0) return { step: from, started: [], dropped, owned: [] };
  const step = await commitFiles(engine, from, files, startMessage(starting));
  return {
    step,
    started: starting.map((record) => ({ ...record, base: step.commit })),
    dropped,
    owned: [...owned.values()],
  };
}

/** What a start writes about the approval that it relies on, or that it goes past. */
export function approvalChange(
  engine: Engine,
  world: SpecWorld,
  spec: Spec,
  { skipApproval }: RunRecord,
): { readonly approval?: FrontMatterValue } {
  const at = timeText(engine.clock.nowMs());
  const skip = skipApproval === undefined ? undefined : { ...skipApproval, at };
  const approval = approvalAtStart(spec, approvalOf(approvalFacts(world, engine.config), spec.id), skip);
  return approval === undefined ? {} : { approval };
}

/** Returns the text of a completed driver opened again, because a member of it starts; undefined when it is open. */
export function openDriver(id: SpecId, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const spec = parseSpec(id, text);
  return isBroken(spec) || spec.status !== "completed" ? undefined : editFrontMatter(text, REOPENED);
}

/**
 * Returns what stood on disk in a file that the target does not know, when a run that lands now began: what it started
 * from, which could not be put on the target then.
 */
async function textAsBegun(
  engine: Engine,
  landed: BatchPlan["landed"],
  path: string,
): Promise<string | undefined> {
  for (const { record } of landed) {
    if (record.base === undefined) continue;
    const file = await textAt(engine, (await stepOf(engine, record.base)).tree, path);
    if (file?.isUtf8 !== true) continue;
    return path === specPath(record.id) ? editFrontMatter(file.text, { status: "pending" }) : file.text;
  }
  return undefined;
}

/** Makes the same change on disk for every spec file that the landings and parkings changed. */
async function followSpecs(
  engine: Engine,
  home: HomeFiles,
  { from, to, changes, landed }: Pick<BatchPlan, "to" | "changes" | "landed"> & { readonly from: Step },
  owned: readonly OwnedFile[],
): Promise<{ readonly owned: readonly OwnedFile[]; readonly stuck: readonly string[] }> {
  const done = new Set(owned.map((file) => file.path));
  const found: OwnedFile[] = [];
  const stuck: string[] = [];
  for (const change of changes) {
    const path = readablePath(change.path);
    if (!/^\.chant\/specs\/[^/]+\.md$/.test(path) || done.has(path) || change.now === undefined) continue;
    const [old, now] = await Promise.all([textAt(engine, from.tree, path), textAt(engine, to.tree, path)]);
    // What is no text comes from an agent, and is a file like any other.
    if (now === undefined || !now.isUtf8) continue;
    // A spec that the landing adds is for git to write; only one that was there can have been removed by the user.
    if (old === undefined && (await home.read(path)) === undefined) continue;
    const before = old?.text ?? (await textAsBegun(engine, landed, path));
    const file = await home.follow(path, before, now.text, old?.oid);
    if (file === undefined) stuck.push(path);
    else found.push(file);
  }
  return { owned: found, stuck };
}
