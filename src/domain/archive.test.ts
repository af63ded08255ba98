import fc from "fast-check";
import { expect, test } from "vitest";
import {
  archivedAs,
  archivedId,
  type ArchiveEntry,
  chooseArchive,
  formatArchiveIndex,
  isArchiveFolder,
  parseArchiveIndex,
} from "./archive.ts";
import { allMembersOf } from "./group.ts";
import type { SpecId } from "./id.ts";
import { isBroken, parseSpec, type Spec } from "./spec.ts";
import { STATUSES } from "./status.ts";

const DAY = "2026-01-01";
const id = (name: string): SpecId => `${DAY}-${name}`;

function specsOf(files: Readonly<Record<string, string>>): ReadonlyMap<SpecId, Spec> {
  return new Map(
    Object.entries(files).map(([name, front]) => {
      const spec = parseSpec(id(name), `---\n${front}---\n# ${name}\n`);
      if (isBroken(spec)) throw new Error(spec.message);
      return [spec.id, spec];
    }),
  );
}

const DONE = "status: completed\ncompleted_at: 2026-01-10T00:00:00Z\n";
const NEWER = "status: completed\ncompleted_at: 2026-03-10T00:00:00Z\n";
const LATER_MS = Date.parse("2026-02-01T00:00:00Z");

const choose = (
  files: Readonly<Record<string, string>>,
  more: Partial<Parameters<typeof chooseArchive>[0]> = {},
): { readonly ids: readonly SpecId[]; readonly refused: Readonly<Record<SpecId, string>> } => {
  const { units, refused } = chooseArchive({
    specs: specsOf(files),
    live: new Set(),
    untilMs: LATER_MS,
    ...more,
  });
  return {
    ids: units.flatMap((unit) => unit.specs.map((spec) => spec.id)),
    refused: Object.fromEntries(refused),
  };
};

test("what was completed long enough ago goes, the rest stays with a reason", () => {
  const { ids, refused } = choose(
    { "001-aaa": DONE, "002-bbb": NEWER, "003-ccc": "status: pending\n", "004-ddd": DONE },
    { live: new Set([id("004-ddd")]) },
  );
  expect(ids).toEqual([id("001-aaa")]);
  expect(refused).toEqual({
    [id("002-bbb")]: "it was completed too short a time ago",
    [id("003-ccc")]: "it is pending, not completed",
    [id("004-ddd")]: "it has a run that is not over",
  });
});

test("what an open spec depends on stays, and what goes with it stays as well", () => {
  const { ids, refused } = choose({
    "001-aaa": DONE,
    "001-aaa.1": DONE,
    "002-bbb": `status: pending\ndepends_on: [${id("001-aaa.1")}]\n`,
    "003-ccc": DONE,
    "004-ddd": `status: cancelled\ndepends_on: [${id("003-ccc")}]\n`,
  });
  expect(ids).toEqual([id("003-ccc")]);
  expect(refused[id("001-aaa")]).toBe(`${id("002-bbb")} depends on it and is not completed`);
});

test("a driver goes with all its members, by the time of the last; a member alone does not go", () => {
  const group = { "001-aaa": DONE, "001-aaa.1": DONE, "001-aaa.2": "status: cancelled\n" };
  expect(choose(group).ids).toEqual([id("001-aaa"), id("001-aaa.1"), id("001-aaa.2")]);
  expect(choose({ ...group, "001-aaa.10": NEWER }).ids).toEqual([]);
  expect(choose({ ...group, "001-aaa.3": "status: failed\n" }).refused[id("001-aaa")]).toBe(
    `its member ${id("001-aaa.3")} is failed, not completed`,
  );
  expect(choose(group, { ids: [id("001-aaa.1")] })).toEqual({
    ids: [],
    refused: { [id("001-aaa.1")]: `it goes with its driver ${id("001-aaa")}` },
  });
});

test("whatever the specs: only whole groups go, none that is open, and nothing that an open one needs", () => {
  const names = [
    "001-aaa",
    "001-aaa.1",
    "001-aaa.1.1",
    "001-aaa.2",
    "002-bbb",
    "003-ccc",
    "003-ccc.1",
    "004-ddd",
  ];
  const drafts = fc.tuple(
    ...names.map((name) =>
      fc.record({
        name: fc.constant(name),
        isThere: fc.boolean(),
        status: fc.constantFrom(...STATUSES),
        dependsOn: fc.subarray(names, { maxLength: 2 }),
        isNew: fc.boolean(),
      }),
    ),
  );
  fc.assert(
    fc.property(drafts, (all) => {
      const files = Object.fromEntries(
        all
          .filter(({ isThere }) => isThere)
          .map(({ name, status, dependsOn, isNew }) => [
            name,
            `status: ${status}\ndepends_on: [${dependsOn.map(id).join(", ")}]\ncompleted_at: 2026-0${isNew ? 5 : 1}-01T00:00:00Z\n`,
          ]),
      );
      const specs = specsOf(files);
      const { units } = chooseArchive({ specs, live: new Set(), untilMs: LATER_MS });
      const going = new Set(units.flatMap((unit) => unit.specs.map((spec) => spec.id)));
      for (const each of going) {
        expect(["completed", "cancelled"]).toContain(specs.get(each)?.status);
        for (const member of allMembersOf(each, specs.keys())) expect(going).toContain(member);
      }
      for (const spec of specs.values()) {
        if (going.has(spec.id) || spec.status === "completed" || spec.status === "cancelled") continue;
        for (const needed of spec.dependsOn) expect(going).not.toContain(needed);
      }
    }),
    { numRuns: 1000 },
  );
});

test("an archived file's path says which spec it is", () => {
  const atMs = Date.parse("2026-01-31T23:59:59Z");
  expect(archivedAs(id("001-aaa.2"), atMs, true)).toBe("2026/01/2026-01-01-001-aaa.2.md.gz");
  expect(archivedId(archivedAs(id("001-aaa.2"), atMs, true))).toBe(id("001-aaa.2"));
  expect(archivedId(archivedAs(id("001-aaa"), atMs, false))).toBe(id("001-aaa"));
  // As the Rust chant has them: by day, and at first in the folder itself.
  for (const folder of ["", "2026-01-01/"]) {
    expect(archivedId(`${folder}${id("001-aaa.2")}.md`)).toBe(id("001-aaa.2"));
  }
  const folders = ["2026", "2026/01", "2026-01-01", "2026/01/01", "2026-01-01/a", "2026-01", "old", ""];
  expect(folders.filter(isArchiveFolder)).toEqual(["2026", "2026/01", "2026-01-01"]);
  for (const path of [
    "index.tsv",
    "2026-01-01/01/2026-01-01-001-aaa.md",
    "a/2026-01-01-001-aaa.md",
    "2026/01/../x.md",
    "2026/01/notes.txt",
  ]) {
    expect(archivedId(path)).toBeUndefined();
  }
});

test("an index comes back as it was written, whatever the titles", () => {
  const entry = fc.record({ n: fc.nat(999), title: fc.string(), isCancelled: fc.boolean() });
  fc.assert(
    fc.property(fc.array(entry), (drafts) => {
      const entries = new Map(
        drafts.map(({ n, title, isCancelled }): [SpecId, ArchiveEntry] => {
          const spec = id(`${String(n).padStart(3, "0")}-abc`);
          const status = isCancelled ? "cancelled" : "completed";
          const path = archivedAs(spec, LATER_MS, true);
          return [spec, { id: spec, status, completedAt: "", title: title.replaceAll(/\s+/g, " "), path }];
        }),
      );
      const text = formatArchiveIndex(entries);
      expect(parseArchiveIndex(text)).toEqual(entries);
      expect(formatArchiveIndex(parseArchiveIndex(text))).toBe(text);
    }),
  );
});
