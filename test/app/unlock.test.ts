import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeSpecLock } from "../../src/app/engine/spec-lock.ts";
import { readRecord, type RunRecord, runFolder, writeRecord } from "../../src/app/engine/record.ts";
import { unlock } from "../../src/app/unlock.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { Heartbeat, readBeat } from "../../src/host/heartbeat.ts";
import { makeFolder } from "../../src/host/files.ts";
import { isAlive, ownIdentity } from "../../src/host/identity.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { recordOf } from "../kit/record.ts";

const A = "2026-01-01-001-aaa";
/** A process of another container: what it is called there says nothing here. */
const FAR = { ...ownIdentity(), host: "elsewhere" };

async function runElsewhere(repo: TempRepo): Promise<{ workspace: Workspace; record: RunRecord }> {
  const workspace = await openWorkspace(repo.path, {});
  const { places } = workspace;
  const record = recordOf(A, { owner: FAR, launch: 2 });
  const folder = runFolder(places, record);
  for (const each of [places.records, folder, places.beats, places.locks]) await makeFolder(each);
  await writeRecord(places, record);
  await writeSpecLock(places, record);
  await writeFile(join(folder, "runner-1.json"), JSON.stringify("void"));
  await writeFile(join(folder, "runner-2.json"), JSON.stringify(FAR));
  await writeFile(
    join(folder, "agent-2.json"),
    JSON.stringify({ identity: FAR, group: FAR.pid, startedAtMs: 5 }),
  );
  return { workspace, record };
}

test("a holder that cannot be looked at and gives no sign of life is written down as gone", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  const { workspace, record } = await runElsewhere(repo);
  expect(isAlive(FAR)).toBe(true);
  const told: unknown[] = [];
  const done = await unlock(workspace, A, { watchMs: 5, onWatch: (...words) => told.push(words) });
  expect(done).toMatchObject({ id: A, hasRun: true, lock: { host: "elsewhere" } });
  expect(told).toEqual([[FAR, 5]]);
  const after = await readRecord(workspace.places, A);
  expect(after === undefined || isAlive(after.owner)).toBe(false);
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(runFolder(workspace.places, record), name), "utf8"));
  expect(await read("runner-1.json")).toBe("void");
  expect(isAlive((await read("runner-2.json")) as typeof FAR)).toBe(false);
  expect(await read("agent-2.json")).toMatchObject({
    group: FAR.pid,
    startedAtMs: 5,
    identity: { bootId: "gone" },
  });
  expect(repo.has(`.chant/.locks/${A}.lock`)).toBe(false);
});

test("one that beats meanwhile keeps its lock, and nothing is changed", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  const { workspace, record } = await runElsewhere(repo);
  const { places } = workspace;
  const beat = async (): Promise<void> => {
    await using _own = new Heartbeat(places.beats);
    const name = (await readBeat(places.beats, ownIdentity())) ?? "1";
    expect(name.trim()).toBe("1");
    // The file of the process elsewhere has its own name.
    const { createHash } = await import("node:crypto");
    const { pid, startedAt, bootId, host } = FAR;
    const file = createHash("sha256")
      .update([pid, startedAt, bootId, host].join("\0"))
      .digest("hex")
      .slice(0, 20);
    await writeFile(join(places.beats, file), "7\n");
  };
  const trying = unlock(workspace, A, { watchMs: 50, onWatch: () => void beat() });
  await expect(trying).rejects.toMatchObject({
    code: "SPEC_BUSY",
    message: expect.stringContaining("gives signs of life") as string,
  });
  expect(await readRecord(places, A)).toEqual(record);
  expect(repo.has(`.chant/.locks/${A}.lock`)).toBe(true);
  expect(await readBeat(places.beats, ownIdentity())).toBeUndefined();
});
