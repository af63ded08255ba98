import { expect, test } from "vitest";
import { claim, LostRun, takeOver, writeOwn } from "../../src/app/engine/claim.ts";
import { claimLaunch } from "../../src/app/engine/launch.ts";
import type { Engine } from "../../src/app/engine/engine.ts";
import { newRunId, readRecord, type RunRecord, writeRecord } from "../../src/app/engine/record.ts";
import { openSession } from "../../src/app/engine/session.ts";
import { makeFolder } from "../../src/host/files.ts";
import { goneIdentity, identityOf, ownIdentity, type ProcessIdentity } from "../../src/host/identity.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const REQUEST = {
  id: A,
  title: "A",
  target: "refs/heads/main",
  branch: `chant/${A}`,
  agent: "script",
  isRotated: false,
  model: undefined,
  type: "code",
  prompt: undefined,
  skipApproval: undefined,
};

/** Two processes that are gone, and one that lives. */
const GONE = goneIdentity(ownIdentity());
const OTHER_GONE = { ...GONE, pid: GONE.pid + 1 };
function parent(): ProcessIdentity {
  const found = identityOf(process.ppid);
  if (found === undefined) throw new Error("this process has no parent");
  return found;
}

/** Claims the spec, and gives the record to somebody. */
async function withRunOf(
  owner: ProcessIdentity,
  look: (engine: Engine, record: RunRecord) => Promise<void>,
): Promise<void> {
  await using repo = await tempProject({ specs: { [A]: {} } });
  using session = await openSession(await findRepository(repo.path), () => undefined);
  const { engine } = session;
  const [claimed] = await claim(engine, [REQUEST]);
  if (claimed === undefined) throw new Error("nothing was claimed");
  const record: RunRecord = { ...claimed.record, owner };
  await writeRecord(engine.places, record);
  await look(engine, record);
}

test("what is claimed is not claimed again, whoever has it", async () => {
  for (const owner of [GONE, parent(), ownIdentity()]) {
    await withRunOf(owner, async (engine, record) => {
      expect(await claim(engine, [REQUEST])).toEqual([{ kind: "busy", record }]);
      expect(await readRecord(engine.places, A)).toEqual(record);
    });
  }
});

test("a run whose process is gone is taken over", () =>
  withRunOf(GONE, async (engine, record) => {
    const mine = { ...record, owner: ownIdentity() };
    expect(await takeOver(engine, record)).toEqual(mine);
    expect(await readRecord(engine.places, A)).toEqual(mine);
  }));

test("one that somebody else has taken over since it was seen is not, nor another run of the spec", () =>
  withRunOf(OTHER_GONE, async (engine, record) => {
    expect(await takeOver(engine, { ...record, owner: GONE })).toBeUndefined();
    expect(await takeOver(engine, { ...record, run: newRunId() })).toBeUndefined();
    expect(await readRecord(engine.places, A)).toEqual(record);
  }));

test("one whose process lives is not", () =>
  withRunOf(parent(), async (engine, record) => {
    expect(await takeOver(engine, record)).toBeUndefined();
    expect(await readRecord(engine.places, A)).toEqual(record);
  }));

test("a record is written by its owner only", async () => {
  await withRunOf(parent(), async (engine, record) => {
    const mine: RunRecord = { ...record, owner: ownIdentity(), phase: "running" };
    await expect(writeOwn(engine, mine)).rejects.toBeInstanceOf(LostRun);
    expect(await readRecord(engine.places, A)).toEqual(record);
  });
  await withRunOf(ownIdentity(), async (engine, record) => {
    await expect(writeOwn(engine, { ...record, run: newRunId() })).rejects.toBeInstanceOf(LostRun);
    await writeOwn(engine, { ...record, phase: "running" });
    expect((await readRecord(engine.places, A))?.phase).toBe("running");
  });
});

test("a launch has one runner, or none for good", async () => {
  await using repo = await tempProject({});
  for (const [first, second] of [
    [parent(), ownIdentity()],
    ["void", ownIdentity()],
    [ownIdentity(), "void"],
  ] as const) {
    const folder = `${repo.root}/${first === "void" ? "void" : first.pid}`;
    await makeFolder(folder);
    expect(await claimLaunch(folder, 1, first)).toBe(true);
    expect(await claimLaunch(folder, 1, second)).toBe(false);
    expect(await claimLaunch(folder, 2, second)).toBe(true);
  }
});
