import fc from "fast-check";
import { expect, test } from "vitest";
import { driftOf, type FileChange, mayBeRenamed, sourcesOf } from "./drift.ts";

const changed = (path: string, old: string | undefined, now: string | undefined): FileChange => ({
  path,
  old,
  now,
});
const tracks = (...paths: readonly string[]) => paths.map((path) => ({ key: "tracks" as const, path }));

test("sources are read under their three keys, one text or many, and anything else names no file", () => {
  const text = "---\ntracks: [src/a.ts, 7, '']\ninformed_by: docs/\norigin:\n  - { not: text }\n---\n# T\n";
  expect(sourcesOf({ text })).toEqual([
    { key: "tracks", path: "src/a.ts" },
    { key: "informed_by", path: "docs/" },
  ]);
  expect(sourcesOf({ text: "# No front matter\n" })).toEqual([]);
});

test("what was modified, deleted, renamed or is new is told by path, under the first key that names it", () => {
  const changes = [
    changed("src/new.ts", undefined, "1"),
    changed("src/gone.ts", "2", undefined),
    changed("src/a.ts", "3", "4"),
    changed("src/old/b.ts", "5", undefined),
    changed("lib/b.ts", undefined, "5"),
    changed("src/c.ts", "6", undefined),
    changed("src/d.ts", undefined, "7"),
    changed("other.ts", "8", "9"),
    changed("docs/read.md", "1", "2"),
  ];
  const sources = [...tracks("./src/"), { key: "origin" as const, path: "docs/*.md" }];
  const drift = driftOf(sources, changes, new Map([["src/c.ts", "src/d.ts"]]));
  expect(drift.map(({ key, kind, path, to = "" }) => `${key} ${kind} ${path} ${to}`.trim())).toEqual([
    "origin modified docs/read.md",
    "tracks modified src/a.ts",
    "tracks renamed src/c.ts src/d.ts",
    "tracks deleted src/gone.ts",
    "tracks added src/new.ts",
    "tracks renamed src/old/b.ts lib/b.ts",
  ]);
});

test("two files of one content that are gone do not both become the one that is new", () => {
  const changes = [changed("a", "1", undefined), changed("b", "1", undefined), changed("c", undefined, "1")];
  expect(driftOf(tracks("a", "b"), changes).map(({ kind }) => kind)).toEqual(["renamed", "deleted"]);
});

const path = fc.constantFrom("a", "b", "d/a", "d/b", "d/e/a", ".hidden", "d/.x");
const content = fc.option(fc.constantFrom("1", "2", "3"), { nil: undefined });
const changes = fc
  .uniqueArray(fc.record({ path, old: content, now: content }), { selector: (each) => each.path })
  .map((all) => all.map(({ path: at, old, now }) => changed(at, old, now)));
const sources = fc.array(fc.constantFrom(...tracks("a", "d", "d/*", "**", "d/e/a", "nothing")));

test("nothing is told twice, nothing that no source names, and no change of a source is left out", () => {
  fc.assert(
    fc.property(sources, changes, (named, all) => {
      const drift = driftOf(named, all);
      const told = drift.map((each) => each.path);
      expect(new Set(told).size).toBe(told.length);
      expect(drift).toEqual(drift.toSorted((x, y) => (x.path < y.path ? -1 : 1)));
      const meant = named.map((source) => source.path);
      const isInside = (at: string): boolean =>
        meant.some((each) => each === at || at.startsWith(`${each}/`));
      // Patterns aside, which do not begin as what they name does.
      expect(drift.every((each) => isInside(each.path) || meant.some((one) => one.includes("*")))).toBe(true);
      const arrived = new Set(drift.flatMap(({ to }) => to ?? []));
      for (const { path: at, old, now } of all) {
        if (old === now || !named.some((source) => source.path === at)) continue;
        expect(told.includes(at) || arrived.has(at)).toBe(true);
      }
      expect(driftOf(named, [])).toEqual([]);
      expect(mayBeRenamed([], all)).toBe(false);
    }),
  );
});
