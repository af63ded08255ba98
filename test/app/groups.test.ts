import { expect, test } from "vitest";
import { add } from "../../src/app/add.ts";
import { cancel } from "../../src/app/cancel.ts";
import { finalize } from "../../src/app/finalize.ts";
import { reset } from "../../src/app/reset.ts";
import { work } from "../../src/app/work.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { systemClock } from "../../src/host/clock.ts";
import { type SpecDraft, tempProject, writeSpec } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { statusOn } from "../kit/traces.ts";
import { recordOf } from "../kit/record.ts";

const D = "2026-01-01-001-ddd";
const quiet = (): void => {};
const NOW = systemClock;

async function project(specs: Readonly<Record<string, SpecDraft>>): Promise<[TempRepo, Workspace]> {
  const repo = await tempProject({ specs });
  return [repo, await openWorkspace(repo.path, {})];
}

const addTo = (workspace: Workspace, group: string, title = "Member"): ReturnType<typeof add> =>
  add(workspace, { spec: { title }, group, commit: false }, NOW, quiet);

const statuses = async (repo: TempRepo, ids: readonly string[]): Promise<readonly (string | undefined)[]> =>
  Promise.all(ids.map((id) => statusOn(repo, id)));

test("twenty members that are added at once get twenty numbers, under a completed driver, which opens once", async () => {
  const [repo, workspace] = await project({
    [D]: { status: "completed" },
    [`${D}.4`]: { status: "completed" },
  });
  await using _ = repo;
  const added = await Promise.all(
    Array.from({ length: 20 }, (_each, at) => addTo(workspace, "ddd", `M ${at}`)),
  );
  const numbers = added.map(({ id }) => Number(id.slice(D.length + 1))).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 20 }, (_each, at) => at + 5));
  expect(await statusOn(repo, D)).toBe("pending");
  expect(await repo.git("rev-list", "--count", "main")).toBe("2");
  expect((await repo.status()).split("\n").every((line) => line.startsWith("?? .chant/specs/"))).toBe(true);
  expect((await addTo(workspace, `${D}.4`)).id).toBe(`${D}.4.1`);
  expect((await addTo(workspace, `${D}.4.1`)).id).toBe(`${D}.4.1.1`);
});

test("no member is added to what is unknown, ambiguous, cancelled, broken or being worked itself", async () => {
  const [repo, workspace] = await project({ [D]: { status: "cancelled" }, "2026-01-01-002-ddx": {} });
  await using _ = repo;
  await repo.write({ ".chant/specs/2026-01-01-003-bbb.md": "---\nstatus: [\n---\n" });
  for (const [group, code] of [
    ["zzz", "SPEC_UNKNOWN"],
    ["../escape", "SPEC_UNKNOWN"],
    ["dd", "SPEC_AMBIGUOUS"],
    ["ddd", "STATUS_MOVE_REFUSED"],
    ["bbb", "SPEC_BROKEN"],
  ] as const) {
    await expect(addTo(workspace, group)).rejects.toMatchObject({ code });
  }
  await repo.write({
    ".git/chant/runs/2026-01-01-002-ddx.json": JSON.stringify(recordOf("2026-01-01-002-ddx", { launch: 0 })),
  });
  await expect(addTo(workspace, "ddx")).rejects.toMatchObject({ code: "SPEC_BUSY" });
  expect((await repo.status()).split("\n")).toEqual(["?? .chant/specs/2026-01-01-003-bbb.md"]);
});

test("a driver that cannot be opened now gets no member", async () => {
  const [repo, workspace] = await project({ [D]: { status: "completed" } });
  await using _ = repo;
  await repo.git("switch", "-q", "--detach");
  await expect(addTo(workspace, "ddd")).rejects.toMatchObject({ code: "DETACHED_HEAD" });
  expect(await repo.status()).toBe("");
});

test("the last open member that is called off or finalized by hand completes its drivers; a reset opens them", async () => {
  const [repo, workspace] = await project({
    [D]: { criteria: ["Of its own"] },
    [`${D}.1`]: { status: "completed" },
    [`${D}.2`]: { criteria: [] },
    [`${D}.2.1`]: { status: "in_progress", criteria: [] },
    [`${D}.2.2`]: {},
  });
  await using _ = repo;
  const drivers = [D, `${D}.2`];
  await cancel(
    workspace,
    [`${D}.2.2`],
    { isDelete: false, isCascade: false, isDryRun: false },
    () => true,
    quiet,
  );
  expect(await statuses(repo, drivers)).toEqual(["pending", "pending"]);
  await finalize(workspace, `${D}.2.1`, false, quiet);
  expect(await statuses(repo, drivers)).toEqual(["completed", "completed"]);
  expect(await repo.read(`.chant/specs/${D}.md`)).toContain("auto_completed: true");
  expect(await repo.status()).toBe("");
  const done = await reset(workspace, `${D}.2.1`, quiet);
  expect(done.reopened).toEqual([`${D}.2`, D]);
  expect(await statuses(repo, drivers)).toEqual(["pending", "pending"]);
  // None but the cancelled one is left below it now: it stays, and with it the one above.
  await cancel(
    workspace,
    [`${D}.2.1`],
    { isDelete: true, isCascade: false, isDryRun: false },
    () => true,
    quiet,
  );
  expect(await statuses(repo, drivers)).toEqual(["pending", "pending"]);
  expect(repo.has(`.chant/specs/${D}.2.1.md`)).toBe(false);
  await cancel(
    workspace,
    [`${D}.2`],
    { isDelete: false, isCascade: false, isDryRun: false },
    () => true,
    quiet,
  );
  expect(await statuses(repo, drivers)).toEqual(["completed", "cancelled"]);
});

test("a driver whose members a person completed by hand is completed by work, and is never worked itself", async () => {
  const [repo, workspace] = await project({
    [D]: { script: "exit 7" },
    [`${D}.1`]: { status: "completed" },
    "2026-01-01-002-eee": { script: "exit 7" },
    "2026-01-01-002-eee.1": { status: "cancelled" },
    // A driver between is missing.
    "2026-01-01-003-fff": { script: "exit 7" },
    "2026-01-01-003-fff.1.1": { status: "paused" },
  });
  await using _ = repo;
  const signal = new AbortController().signal;
  const request = { ids: [], isChain: false, keepGoing: false, wait: true, signal };
  const summary = await work(workspace, request, quiet);
  expect(await statusOn(repo, D)).toBe("completed");
  expect(summary).toMatchObject({ landed: [], failed: [], running: [] });
  expect(summary.skipped).toEqual([
    { id: "2026-01-01-002-eee", reason: "it is a driver, and none of its members is open" },
  ]);
  // What stands open on disk is open, whatever the target says.
  await reset(workspace, D, quiet);
  await writeSpec(repo, `${D}.1`, { status: "paused" });
  await work(workspace, request, quiet);
  expect(await statusOn(repo, D)).toBe("pending");
});
