import { expect, test } from "vitest";
import { readDashboard } from "../../src/app/dashboard.ts";
import { OverviewMemory } from "../../src/app/overview.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { systemClock } from "../../src/host/clock.ts";
import { tempProject, writeSpec } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";

test("a look at what did not change starts no git, and one after the target moved sees it", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "First" },
      [B]: { title: "Second", dependsOn: [A] },
      [C]: { title: "Third", front: "approval: { required: true, status: pending }\n" },
    },
  });
  const workspace = await openWorkspace(repo.path, {});
  const memory = new OverviewMemory(workspace.places);
  const waiting = async (kept?: OverviewMemory): Promise<readonly string[]> =>
    (await readDashboard(workspace, systemClock, kept)).waiting.map(({ id }) => id);
  expect(await waiting(memory)).toEqual([B, C]);
  const path = process.env["PATH"];
  try {
    process.env["PATH"] = "/nowhere";
    expect(await waiting(memory)).toEqual([B, C]);
    await expect(waiting()).rejects.toThrow();
  } finally {
    process.env["PATH"] = path;
  }
  await writeSpec(repo, A, { title: "First", status: "completed" });
  expect(await waiting(memory)).toEqual([B, C]);
  await repo.commitAll("By hand");
  expect(await waiting(memory)).toEqual([C]);
  // The ref is in no file of its own any more.
  await repo.git("pack-refs", "--all");
  expect(await waiting(memory)).toEqual([C]);
  await writeSpec(repo, A, { title: "First", status: "cancelled" });
  await repo.commitAll("Called off");
  await repo.git("pack-refs", "--all");
  expect(await waiting(memory)).toEqual([B, C]);
});
