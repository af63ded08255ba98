import { approvalFromBranch } from "../../domain/approval.ts";
import { editFrontMatter } from "../../domain/front-matter.ts";
import { mergeSpec } from "../../domain/merge-spec.ts";
import { isBroken, parseSpec, type Spec } from "../../domain/spec.ts";
import { gitText } from "../../git/program.ts";
import { readablePath } from "../../git/tree.ts";
import { SPEC_FOLDER } from "../../store/places.ts";
import type { Engine } from "./engine.ts";
import { stepOf, textAt } from "./step.ts";

/** Three trees: where the sides come from, the target's, the branch's. */
export interface Sides {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** The commits whose histories are merged: the branch's, and the target's. */
export interface Commits {
  readonly tip: string;
  readonly onto: string;
}

/**
 * Merges the other specs that the branch changed or added, field by field: what is chant's or a person's in them comes
 * from the target, so that no branch approves or completes anything. Only what differs from the branch's own is returned.
 */
export async function mergeOtherSpecs(
  engine: Engine,
  sides: Sides,
  { own, ...commits }: Commits & { readonly own: string },
): Promise<{ readonly texts: ReadonlyMap<string, string>; readonly conflicts: readonly string[] }> {
  const texts = new Map<string, string>();
  const conflicts: string[] = [];
  for (const change of await engine.trees.diff(sides.base, sides.theirs)) {
    const path = readablePath(change.path);
    if (!IS_SPEC.test(path) || path === own || change.now === undefined) continue;
    const [ours, theirs] = await Promise.all([
      textAt(engine, sides.ours, path),
      textAt(engine, sides.theirs, path),
    ]);
    // What is no text is no spec, and what the target has removed is git's to tell.
    const isRemoved = change.old !== undefined && ours === undefined;
    if (theirs?.isUtf8 !== true || isRemoved || ours?.oid === theirs.oid) continue;
    const merged = await mergeSpecOf(engine, sides, commits, path);
    if (merged === false) conflicts.push(path);
    else if (merged !== theirs.text) texts.set(path, merged);
  }
  return { texts, conflicts };
}

/**
 * Merges one spec's file as far as the run began with it; where that cannot be, as far as both had it when they met last.
 * That is later where the agent has merged the target in, and earlier where the start could not be put on the target: a
 * spec that was not committed then is not one that the target has removed.
 */
export async function mergeSpecOf(
  engine: Engine,
  sides: Sides,
  { tip, onto }: Commits,
  path: string,
): Promise<string | false> {
  const merged = await mergeSpecFile(engine, sides, path);
  if (merged !== false) return merged;
  const met = await gitText(engine.shadow.objects, ["merge-base", tip, onto], { accept: [0, 1] });
  if (met === "") return false;
  return mergeSpecFile(engine, { ...sides, base: (await stepOf(engine, met)).tree }, path);
}

const IS_SPEC = new RegExp(`^${SPEC_FOLDER.replaceAll(".", "\\.")}/[^/]+\\.md$`);

/** Merges one spec's file from three trees; false when its prose conflicts. */
export async function mergeSpecFile(engine: Engine, trees: Sides, path: string): Promise<string | false> {
  const [base, ours, theirs] = await Promise.all([
    textAt(engine, trees.base, path),
    textAt(engine, trees.ours, path),
    textAt(engine, trees.theirs, path),
  ]);
  if (theirs === undefined || [base, ours, theirs].some((side) => side?.isUtf8 === false)) return false;
  // Removed on the target while it was worked on: a person has to say what is meant.
  if (ours === undefined) return base === undefined ? gated(engine, theirs.text, undefined, path) : false;
  // Made on both sides.
  if (base === undefined) return ours.oid === theirs.oid ? ours.text : false;
  const merged = mergeSpec({ base: base.text, ours: ours.text, theirs: theirs.text });
  if (merged.ok) return gated(engine, merged.text, ours.text, path);
  // One that could not be read, and was mended or broken further.
  return ours.oid === base.oid && gated(engine, theirs.text, ours.text, path);
}

/** Returns a spec's text as a branch may bring it: a gate that was there is there still, and none is opened. */
export function gated(
  { config }: Pick<Engine, "config">,
  text: string,
  ours: string | undefined,
  path: string,
): string {
  const id = path.slice(SPEC_FOLDER.length + 1).replace(/\.md$/, "");
  const merged = parseSpec(id, text);
  if (isBroken(merged)) return text;
  const before = ours === undefined ? undefined : parseSpec(id, ours);
  const readable: Spec | undefined = before === undefined || isBroken(before) ? undefined : before;
  const approval = approvalFromBranch(merged, readable, config.approval.requiredFor);
  return approval === undefined ? text : editFrontMatter(text, { approval });
}
