import { parseFrontMatter } from "./front-matter.ts";
import { pathPattern } from "./path-pattern.ts";
import type { Spec } from "./spec.ts";

/** The keys under which a spec names the files that it is about: what it documents, what informed it, where it comes from. */
export const SOURCE_KEYS = ["tracks", "informed_by", "origin"] as const;
export type SourceKey = (typeof SOURCE_KEYS)[number];

/** A file, a folder or a pattern that a spec is about. */
export interface Source {
  readonly key: SourceKey;
  readonly path: string;
}

/** Returns the sources of a spec. Where one of the keys holds something else than texts, that names no file. */
export function sourcesOf({ text }: Pick<Spec, "text">): readonly Source[] {
  const front = parseFrontMatter(text);
  if (!front.ok) return [];
  return SOURCE_KEYS.flatMap((key) => {
    const value = front.data.get(key);
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items
      .filter((item): item is string => typeof item === "string" && item.trim() !== "")
      .map((path) => ({ key, path }));
  });
}

/** How a file differs between two moments; names of its content by git, undefined where it is not there. */
export interface FileChange {
  readonly path: string;
  readonly old: string | undefined;
  readonly now: string | undefined;
}

/** What became of a source since. */
export interface Drift {
  readonly key: SourceKey;
  readonly path: string;
  readonly kind: "modified" | "deleted" | "renamed" | "added";
  /** Where it is now, when it was renamed. */
  readonly to?: string;
}

/**
 * Returns what of the changes concerns some sources, by path; each file once, under the first key that names it.
 * @param renames new paths by old ones, for files that git takes for the same though their content changed
 */
export function driftOf(
  sources: readonly Source[],
  changes: readonly FileChange[],
  renames: ReadonlyMap<string, string> = new Map(),
): readonly Drift[] {
  const patterns = sources.map(({ key, path }) => ({ key, pattern: pathPattern(path) }));
  const keyOf = (path: string): SourceKey | undefined =>
    patterns.find(({ pattern }) => pattern.test(path))?.key;
  const moved = movedFiles(changes, renames, (path) => keyOf(path) !== undefined);
  const arrived = new Set(moved.values());
  const found = changes.flatMap(({ path, old, now }): readonly Drift[] => {
    const key = keyOf(path);
    if (key === undefined || old === now) return [];
    const to = moved.get(path);
    if (to !== undefined) return [{ key, path, kind: "renamed", to }];
    if (now === undefined) return [{ key, path, kind: "deleted" }];
    if (old !== undefined) return [{ key, path, kind: "modified" }];
    return arrived.has(path) ? [] : [{ key, path, kind: "added" }];
  });
  return found.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Finds where files went that are gone: the same content first, then what git takes for the same. */
function movedFiles(
  changes: readonly FileChange[],
  renames: ReadonlyMap<string, string>,
  isMeant: (path: string) => boolean,
): ReadonlyMap<string, string> {
  const added = new Map<string, string[]>();
  for (const { path, old, now } of changes) {
    if (old === undefined && now !== undefined) added.set(now, [...(added.get(now) ?? []), path]);
  }
  const gone = changes.filter(
    ({ path, old, now }) => old !== undefined && now === undefined && isMeant(path),
  );
  const moved = new Map<string, string>();
  for (const { path, old = "" } of gone) {
    const to = added.get(old)?.shift();
    if (to !== undefined) moved.set(path, to);
  }
  const taken = new Set(moved.values());
  for (const { path } of gone) {
    const to = moved.has(path) ? undefined : renames.get(path);
    if (to === undefined || taken.has(to)) continue;
    moved.set(path, to);
    taken.add(to);
  }
  return moved;
}

/** Tells whether a rename could be among changes that the content alone does not tell. */
export const mayBeRenamed = (drift: readonly Drift[], changes: readonly FileChange[]): boolean =>
  drift.some(({ kind }) => kind === "deleted") && changes.some(({ old }) => old === undefined);
