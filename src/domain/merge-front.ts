import { same } from "../kit/same.ts";
import { editFront, EntryLines } from "./front-matter-edit.ts";
import type { EntryChange } from "./front-matter-edit.ts";
import { parseFrontMatter } from "./front-matter.ts";
import { yamlEntries } from "./front-matter-yaml.ts";

/** Keys that chant writes: the target's word holds, whatever an agent put there. */
export const OWNED_KEYS: ReadonlySet<string> = new Set([
  "status",
  "completed_at",
  "commits",
  "branch",
  "target",
  "attention",
  "retry",
  "usage",
  "auto_completed",
  "no_changes",
  "approval",
  "cancelled_at",
]);

/** Lists whose order does not count: additions and removals of both sides go together. */
const SET_KEYS: ReadonlySet<string> = new Set([
  "depends_on",
  "labels",
  "target_files",
  "context",
  "tracks",
  "informed_by",
]);

/** Merged front matter, or the keys that both sides changed in different ways. */
export type MergedFront =
  | { readonly ok: true; readonly front: string }
  | { readonly ok: false; readonly conflicts: readonly string[] };

/** One version: its text, what it says, and the lines of each key. */
interface Version {
  readonly text: string;
  readonly data: ReadonlyMap<string, unknown>;
  readonly lines: ReadonlyMap<string, EntryLines>;
  /** What stands between the keys: comments and blank lines. */
  readonly gaps: string;
}

/** Where the value of a key is to come from. */
type Decision = "ours" | "theirs" | "conflict" | { readonly union: readonly string[] };

/**
 * Merges the front matter (the text between the `---` lines) of three versions that can be read. The merged text is that
 * of ours, or of theirs where only theirs changed what stands around the keys; keys that it must take over bring the
 * other's bytes along.
 */
export function mergeFronts(baseText: string, oursText: string, theirsText: string): MergedFront {
  if (oursText === theirsText || theirsText === baseText) return { ok: true, front: oursText };
  const [base, ours, theirs] = [versionOf(baseText), versionOf(oursText), versionOf(theirsText)];
  const keys = new Set([...ours.data.keys(), ...theirs.data.keys(), ...base.data.keys()]);
  const decisions = new Map([...keys].map((key) => [key, decide(key, base, ours, theirs)]));
  const conflicts = [...keys].filter((key) => decisions.get(key) === "conflict");
  if (conflicts.length > 0) return conflictsOn(conflicts);
  const onTheirs = ours.text === base.text || (ours.gaps === base.gaps && theirs.gaps !== base.gaps);
  const front = onTheirs
    ? takeOver(theirs, ours, decisions, (decision) => decision === "ours")
    : takeOver(ours, theirs, decisions, (decision) => decision === "theirs");
  return isAsDecided(front, decisions, ours, theirs)
    ? { ok: true, front }
    : { ok: false, conflicts: ["front matter"] };
}

const conflictsOn = (keys: readonly string[]): MergedFront => ({
  ok: false,
  conflicts: keys.map((key) => `front matter key ${key}`),
});

function versionOf(text: string): Version {
  const read = parseFrontMatter(`---\n${text}---\n`);
  const entries = yamlEntries(text);
  let gaps = "";
  let from = 0;
  for (const entry of entries) {
    gaps += text.slice(from, entry.start);
    from = entry.end;
  }
  return {
    text,
    data: read.ok ? read.data : new Map(),
    lines: new Map(entries.map((entry) => [entry.key, new EntryLines(text, entry)])),
    gaps: gaps + text.slice(from),
  };
}

function decide(key: string, base: Version, ours: Version, theirs: Version): Decision {
  if (OWNED_KEYS.has(key)) return "ours";
  const [b, o, t] = [base.data.get(key), ours.data.get(key), theirs.data.get(key)];
  // Of two ways to write one value, the changed one wins.
  if (same(o, t)) return ours.lines.get(key)?.text === base.lines.get(key)?.text ? "theirs" : "ours";
  if (same(b, t)) return "ours";
  if (same(b, o)) return "theirs";
  const [inBase, inOurs, inTheirs] = [listOf(b), listOf(o), listOf(t)];
  const areSets = SET_KEYS.has(key) && inBase !== undefined && inOurs !== undefined && inTheirs !== undefined;
  if (!areSets) return "conflict";
  const kept = inOurs.filter((item) => inTheirs.includes(item) || !inBase.includes(item));
  const added = inTheirs.filter((item) => !inBase.includes(item) && !inOurs.includes(item));
  return { union: [...kept, ...added] };
}

/** Returns a list of texts; one text is a list of one, and no value an empty list. */
function listOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
}

/** Returns the text of one version with the keys that were decided for the other, and the united lists. */
function takeOver(
  start: Version,
  other: Version,
  decisions: ReadonlyMap<string, Decision>,
  isForOther: (decision: Decision) => boolean,
): string {
  const changes: [string, EntryChange | undefined][] = [];
  for (const [key, decision] of decisions) {
    const lines = other.lines.get(key);
    if (typeof decision === "object") {
      if (!same(start.data.get(key), decision.union)) changes.push([key, decision.union]);
    } else if (isForOther(decision) && lines?.text !== start.lines.get(key)?.text) {
      changes.push([key, lines]);
    }
  }
  return editFront(start.text, start.text.includes("\r\n") ? "\r\n" : "\n", Object.fromEntries(changes));
}

/** Reads the merged text again: rather a conflict than a wrong word in a spec. */
function isAsDecided(
  front: string,
  decisions: ReadonlyMap<string, Decision>,
  ours: Version,
  theirs: Version,
): boolean {
  const { data } = versionOf(front);
  return [...decisions].every(([key, decision]) => {
    if (typeof decision === "object") return same(data.get(key), decision.union);
    return same(data.get(key), (decision === "theirs" ? theirs : ours).data.get(key));
  });
}
