import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cancel } from "../../src/app/cancel.ts";
import { readRecord, type RunRecord, writeRecord } from "../../src/app/engine/record.ts";
import { reset } from "../../src/app/reset.ts";
import { resume } from "../../src/app/resume.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { goneIdentity } from "../../src/host/identity.ts";
import { isChantError } from "../../src/kit/errors.ts";
import { A, type Scene, withRun } from "../kit/run-scene.ts";

const quiet = (): void => undefined;
const { signal } = new AbortController();

/** A run that waits for a person, in a repository whose user is in the middle of a merge. */
async function duringMerge({ repo, engine, record }: Scene): Promise<{ parked: RunRecord; at: Workspace }> {
  const owner = goneIdentity(record.owner);
  const reason = "1 criterion is not ticked";
  const parked: RunRecord = {
    ...record,
    owner,
    phase: "parked",
    launch: 0,
    parked: { status: "failed", reason, atMs: 0, isPublished: true },
  };
  await writeRecord(engine.places, parked);
  await writeFile(join(repo.path, ".git", "MERGE_HEAD"), `${record.base}\n`);
  return { parked, at: await openWorkspace(repo.path, repo.env) };
}

test("a resume that cannot be put on the target leaves the run as it was", () =>
  withRun(
    async (scene) => {
      const { engine, repo } = scene;
      const { parked, at } = await duringMerge(scene);
      const resumed = (): Promise<unknown> => resume(at, [A], { isWork: false, signal }, quiet);
      await expect(resumed()).rejects.toMatchObject({ code: "LANDING_WAITS" });
      expect(await readRecord(engine.places, A)).toMatchObject({ phase: "parked", parked: parked.parked });
      await rm(join(repo.path, ".git", "MERGE_HEAD"));
      await resumed();
      expect(await readRecord(engine.places, A)).toMatchObject({ phase: "retrying" });
    },
    { specs: { [A]: { status: "failed" } } },
  ));

test.each([
  ["reset", (at: Workspace) => reset(at, A, quiet)],
  [
    "cancel",
    (at: Workspace) =>
      cancel(at, [A], { isDelete: false, isCascade: false, isDryRun: false }, () => true, quiet),
  ],
])("a %s that cannot be put on the target now says that it will be", (_, giveUp) =>
  withRun(
    async (scene) => {
      const { engine } = scene;
      const { at } = await duringMerge(scene);
      const refused = await giveUp(at).catch((error: unknown) => error);
      if (!isChantError(refused, "LANDING_WAITS")) throw refused;
      expect(refused.message).toMatch(/is given up, .* a merge is in progress/);
      expect(await readRecord(engine.places, A)).toMatchObject({ phase: "retiring" });
    },
    { specs: { [A]: { status: "failed" } } },
  ),
);
