import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { AttemptEnd, SpecHappening } from "../../src/domain/history.ts";
import { Journal, readJournal } from "../../src/store/journal.ts";
import { tempFolder } from "../kit/temp-repo.ts";

const DAY_MS = 86_400_000;
const END: AttemptEnd = {
  id: "2026-01-01-001-aaa",
  run: "r1",
  launch: 2,
  attempt: 1,
  agent: "claude",
  provider: "claude",
  model: "opus",
  startedAtMs: 1_000,
  endedAtMs: 2_000,
  verdict: "failed",
  reason: "two\nlines",
  usage: { inputTokens: 5, outputTokens: 6, cachedTokens: 7, isCumulative: true },
};
const LANDED: SpecHappening = {
  atMs: 3_000,
  kind: "landed",
  id: END.id,
  run: "r1",
  commit: "c",
  text: "on main",
};

function journalAt(path: string, nowMs = 4_000, retention = "1y"): { journal: Journal; warnings: string[] } {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  return { journal: new Journal({ path, retention, clock: { nowMs: () => nowMs }, warn }), warnings };
}

test("what is written is read again, and to write it a second time changes nothing", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, ".store", "journal.db");
  expect(await readJournal(path, 0)).toEqual({ attempts: [], happenings: [] });
  for (const nowMs of [4_000, 5_000]) {
    const { journal, warnings } = journalAt(path, nowMs);
    using _ = journal;
    journal.ended({ ...END, endedAtMs: nowMs });
    journal.happened({ ...LANDED, atMs: nowMs });
    expect(warnings).toEqual([]);
  }
  expect(await readJournal(path, 0)).toEqual({
    attempts: [{ ...END, endedAtMs: 4_000, reason: "two lines" }],
    happenings: [{ ...LANDED, atMs: 4_000 }],
  });
  expect((await readJournal(path, 4_001)).attempts).toEqual([]);
  expect((await readJournal(path, 0, "2026-01-01-002-bbb")).happenings).toEqual([]);
});

test("two that write at once both get through", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "journal.db");
  const [one, other] = [journalAt(path), journalAt(path)];
  for (let launch = 1; launch <= 20; launch += 1) {
    (launch % 2 === 0 ? one : other).journal.ended({ ...END, launch });
  }
  expect((await readJournal(path, 0)).attempts).toHaveLength(20);
  for (const { journal, warnings } of [one, other]) {
    journal[Symbol.dispose]();
    expect(warnings).toEqual([]);
  }
});

test.each(["damaged", "locked", "newer", "folder"])(
  "one that cannot be written (%s) loses lines with one warning",
  async (kind) => {
    await using folder = await tempFolder();
    const path = join(folder.path, "journal.db");
    using other = kind === "locked" || kind === "newer" ? new DatabaseSync(path) : undefined;
    if (kind === "damaged") await writeFile(path, "no database ".repeat(1000));
    if (kind === "locked") other?.exec("CREATE TABLE t (x); BEGIN EXCLUSIVE");
    if (kind === "newer") other?.exec("PRAGMA user_version = 99");
    const { journal, warnings } = journalAt(kind === "folder" ? folder.path : path);
    using _ = journal;
    for (const launch of [1, 2, 3]) journal.ended({ ...END, launch });
    journal.happened(LANDED);
    expect(warnings).toEqual([expect.stringContaining("cannot be written")]);
    if (kind === "locked") return;
    expect((await readJournal(kind === "folder" ? folder.path : path, 0)).problem).toBeTypeOf("string");
  },
);

test("what is too old goes, at most once a day", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "journal.db");
  const write = (nowMs: number, launch: number): void => {
    const { journal } = journalAt(path, nowMs, "30d");
    using _ = journal;
    journal.ended({ ...END, launch, endedAtMs: nowMs });
    journal.happened({ ...LANDED, run: `r${launch}`, atMs: nowMs });
  };
  const count = async (): Promise<number> => (await readJournal(path, 0)).attempts.length;
  write(100 * DAY_MS, 1);
  write(129.5 * DAY_MS, 2);
  // Half a day later the first is too old, but it was looked at today.
  write(130.2 * DAY_MS, 3);
  expect(await count()).toBe(3);
  write(130.6 * DAY_MS, 4);
  expect(await count()).toBe(3);
  expect((await readJournal(path, 0)).happenings).toHaveLength(3);
});
