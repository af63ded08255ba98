import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Stats } from "../../src/domain/stats.ts";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { goodScript, tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

interface Told {
  readonly kind: string;
  readonly id: string;
  readonly by?: string;
  readonly agent?: string;
}

test("what happened is told once each, from git and the journal, and from git alone", async () => {
  await using repo = await tempProject({
    specs: { [A]: { title: "Good", script: goodScript("a.txt") }, [B]: { title: "Bad", script: "exit 3" } },
  });
  expect((await chant(repo, ["work"])).status).toBe(1);
  await chantOk(repo, ["reset", B]);
  expect(await repo.status()).toBe("");
  const told = await chantJson<readonly Told[]>(repo, ["activity"]);
  const kinds = (id: string, among: readonly Told[]): readonly string[] =>
    among.filter((each) => each.id === id).map(({ kind }) => kind);
  expect(kinds(A, told)).toEqual(["added", "started", "landed"]);
  expect(kinds(B, told)).toEqual(["added", "started", "failed", "reset"]);
  const by = await repo.git("log", "-1", "--format=%an");
  expect(told.every((each) => each.by === by)).toBe(true);
  expect(
    told
      .filter(({ agent }) => agent === "test")
      .map(({ kind }) => kind)
      .toSorted(),
  ).toEqual(["landed", "started", "started"]);
  expect(await chantJson(repo, ["activity", "--by", by.toUpperCase()])).toEqual(told);
  expect(await chantJson(repo, ["activity", "--by", "nobody"])).toEqual([]);
  expect(await chantJson(repo, ["activity", "--spec", "bbb", "--limit", "1"])).toMatchObject([
    { id: B, kind: "reset" },
  ]);
  expect(await chantJson(repo, ["activity", "--since", "2099-01-01"])).toEqual([]);
  const history = await chantOk(repo, ["show", "bbb", "--history"]);
  expect(history).toMatch(/failed .*the agent exited with code 3[\s\S]*Attempts:[\s\S]*1 +test .*failed/);
  const known = await chantJson<Stats>(repo, ["stats"]);
  expect(known).toMatchObject({
    landed: 1,
    retries: 0,
    fromStarted: { count: 1 },
    usage: { unknownCosts: 2 },
  });
  expect(known.agents).toMatchObject([{ agent: "test", landed: 1, ends: { all: 2, done: 1, failed: 1 } }]);
  expect(await chantOk(repo, ["stats", "--since", "1d"])).toMatch(/test +- +1 +2 +1 +1 +0 +0 +0 +50 %/);

  // It is damaged: what git knows is told, and work goes on.
  const journal = join(repo.path, ".chant/.store/journal.db");
  await rm(`${journal}-wal`, { force: true });
  await rm(`${journal}-shm`, { force: true });
  await writeFile(journal, "no database ".repeat(1000));
  const damaged = await chant(repo, ["activity", "--json"]);
  expect([damaged.status, damaged.stderr]).toEqual([0, expect.stringContaining("cannot be read")]);
  const again = await chant(repo, ["work", B]);
  expect([again.status, again.stderr.match(/cannot be written/g)]).toEqual([1, ["cannot be written"]]);
  await rm(join(repo.path, ".chant/.store"), { recursive: true });
  expect(kinds(A, await chantJson(repo, ["activity"]))).toEqual(["added", "started", "landed"]);
  expect(await chantOk(repo, ["show", A, "--history"])).toContain("landed");
  const fromGit = await chantJson<Stats>(repo, ["stats"]);
  expect(fromGit).toMatchObject({
    landed: 1,
    fromStarted: { count: 1 },
    agents: [{ agent: "test", landed: 1 }],
  });
  expect(fromGit).not.toHaveProperty("retries");
  expect(await chantOk(repo, ["stats"])).toMatch(/retries +unknown[\s\S]*\? +\? +\? +unknown \(1\)/);

  for (const [args, words] of [
    [["activity", "--since", "soon"], "--since takes a day"],
    [["activity", "--limit", "0"], "whole number from 1"],
    [["activity", "--spec", "../../etc"], "No spec matches"],
    [["stats", "--since", "2026-02-30"], "--since takes a day"],
    [["show", "nope", "--history"], "No spec matches"],
  ] as const) {
    const refused = await chant(repo, args);
    expect(refused.stderr).toContain(words);
    expect([1, 2]).toContain(refused.status);
  }
});
