import { expect, test } from "vitest";
import { requireIdle, seizeRun } from "../../src/app/control.ts";
import { claimLaunch } from "../../src/app/engine/launch.ts";
import { readRunner } from "../../src/app/engine/launch-files.ts";
import { readRecord, type RunRecord, runFolder, writeRecord } from "../../src/app/engine/record.ts";
import { openSession } from "../../src/app/engine/session.ts";
import { finalize, merge } from "../../src/app/finalize.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { makeFolder } from "../../src/host/files.ts";
import { goneIdentity, ownIdentity } from "../../src/host/identity.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { recordOf } from "../kit/record.ts";

const A = "2026-01-01-001-aaa";

/** A run whose coordinator was killed after it had launched a runner. */
async function leftRun(
  repo: TempRepo,
): Promise<{ readonly workspace: Workspace; readonly record: RunRecord; readonly folder: string }> {
  const workspace = await openWorkspace(repo.path, repo.env);
  const { places } = workspace;
  const base = await repo.git("rev-parse", "HEAD");
  const record = recordOf(A, { owner: goneIdentity(ownIdentity()), base });
  const folder = runFolder(places, record);
  for (const each of [places.records, folder]) await makeFolder(each);
  await writeRecord(places, record);
  return { workspace, record, folder };
}

test("a run is not judged by hand beside a runner that is at work on it, though its coordinator is gone", async () => {
  await using repo = await tempProject({ specs: { [A]: { status: "in_progress" } } });
  const { workspace, record, folder } = await leftRun(repo);
  expect(await claimLaunch(folder, 1, ownIdentity())).toBe(true);
  for (const phase of ["running", "pausing"] as const) {
    const there = { ...record, phase };
    await writeRecord(workspace.places, there);
    const refusal = { code: "SPEC_BUSY", message: `${A} is being worked on.` };
    await expect(finalize(workspace, A, true, () => undefined)).rejects.toMatchObject(refusal);
    await expect(merge(workspace, [A], () => undefined)).rejects.toMatchObject(refusal);
    expect(await readRecord(workspace.places, A)).toEqual(there);
  }
});

test("a runner that comes late finds that its run was taken to be judged by hand", async () => {
  await using repo = await tempProject({ specs: { [A]: { status: "in_progress" } } });
  const { workspace, record, folder } = await leftRun(repo);
  using session = await openSession(workspace.repo, () => undefined);
  const seized = await seizeRun(session, A, (found) => requireIdle(session, found));
  expect(seized).toEqual({ ...record, owner: ownIdentity() });
  expect(await readRunner(folder, 1)).toBe("void");
  expect(await claimLaunch(folder, 1, ownIdentity())).toBe(false);
});
