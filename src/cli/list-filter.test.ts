import { expect, test } from "vitest";
import { newSpecText, parseSpec } from "../domain/spec.ts";
import type { ShownStatus, SpecView } from "../app/overview.ts";
import { filterList, hiddenLine, type ListFilter } from "./list-filter.ts";
import { listLines } from "./list-lines.ts";

interface Draft {
  readonly labels?: readonly string[];
  readonly title?: string;
  readonly waitsFor?: SpecView["waitsFor"];
}

function view(
  id: string,
  status: ShownStatus,
  { labels, title = `Title of ${id}`, waitsFor = [] }: Draft = {},
): SpecView {
  const text = status === "broken" ? "---\nstatus: [\n---\n" : newSpecText({ title, labels });
  return {
    id,
    title,
    status,
    criteria: { done: 1, total: 2 },
    criteriaList: [],
    spec: parseSpec(id, text),
    waitsFor,
    ...(status === "pending" ? {} : { notReady: "it is not" }),
  };
}

const everything: ListFilter = { statuses: [], labels: [], types: [], all: false, ready: false };
const specs = [
  view("001", "completed"),
  view("002", "blocked", { waitsFor: [{ id: "003", why: "is not completed yet" }] }),
  view("003", "pending", { labels: ["ui", "now"] }),
  view("004", "failed"),
  view("005", "broken"),
  view("006", "in_progress", { labels: ["ui"] }),
  view("007", "cancelled"),
];
const idsOf = (filter: Partial<ListFilter>): string =>
  filterList(specs, { ...everything, ...filter })
    .shown.map(({ id }) => id)
    .join(" ");

test("what nobody can do anything about now is left out and counted", () => {
  const { shown, hidden } = filterList(specs, everything);
  expect(shown.map(({ id }) => id)).toEqual(["006", "004", "005", "003"]);
  expect(hiddenLine(shown.length, hidden)).toBe(
    "4 specs; not shown: 1 completed, 1 cancelled, 1 blocked (see them with --all).",
  );
  expect(hiddenLine(0, new Map())).toBe("No specs.");
  expect(hiddenLine(2, new Map())).toBe("");
});

test("filters narrow what is shown, and a status that is named is shown", () => {
  expect(idsOf({ all: true })).toBe("006 004 005 003 002 001 007");
  expect(idsOf({ statuses: ["blocked", "completed"] })).toBe("002 001");
  expect(idsOf({ labels: ["ui"] })).toBe("006 003");
  expect(idsOf({ labels: ["ui", "now"] })).toBe("003");
  expect(idsOf({ ready: true })).toBe("003");
  expect(idsOf({ types: ["task"] })).toBe("");
});

test("lines are aligned, safe, and cut on a terminal only", () => {
  const list = [
    view("2026-01-22-001-x7m", "blocked", {
      title: "Sort\u001b[2J the list",
      waitsFor: specs[1]?.waitsFor ?? [],
    }),
    view("2026-01-22-002-abc", "in_progress", { title: "Use it everywhere in the whole program" }),
  ];
  const look = { hasColor: false };
  expect(listLines(list, { ...look, width: undefined }).join("\n")).toBe(
    `2026-01-22-001-x7m  blocked      1/2  Sort\\x1b[2J the list (waits for 003, which is not completed yet)
2026-01-22-002-abc  in_progress  1/2  Use it everywhere in the whole program`,
  );
  for (const width of [20, 45, 60, 72]) {
    for (const line of listLines(list, { ...look, width })) {
      expect(line.length).toBeLessThanOrEqual(Math.max(width, 38));
    }
  }
  expect(listLines(list.slice(1), { ...look, width: 60 })[0]).toBe(
    "2026-01-22-002-abc  in_progress  1/2  Use it everywhere in …",
  );
});
