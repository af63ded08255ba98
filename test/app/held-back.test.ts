import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cancel } from "../../src/app/cancel.ts";
import { readRecord, type RunRecord, writeRecord } from "../../src/app/engine/record.ts";
import type { Session } from "../../src/app/engine/session.ts";
import { reset } from "../../src/app/reset.ts";
import { resume } from "../../src/app/resume.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { goneIdentity } from "../../src/host/identity.ts";
import { isChantError } from "../../src/kit/errors.ts";
import { settle } from "../../src/app/engine/settle.ts";
import { makeFolder } from "../../src/host/files.ts";
import { A, type Scene, withRun } from "../kit/run-scene.ts";
import { specText } from "../kit/spec.ts";

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

/** A run whose start could not be put on the target, as somebody was in the middle of a merge: it does not know the spec. */
async function startedAside({ repo, engine, record, there }: Scene): Promise<RunRecord> {
  const spec = `.chant/specs/${A}.md`;
  const commit = (...args: readonly string[]): Promise<string> => repo.git("commit-tree", "-m", "x", ...args);
  const tip = await there("rev-parse", "HEAD^{tree}");
  await repo.git("rm", "-q", "--cached", spec);
  const target = await commit(await repo.git("write-tree"));
  const base = await commit("-p", target, `${record.base}^{tree}`);
  const onBranch = await commit("-p", base, tip);
  await repo.git("update-ref", "refs/heads/main", target);
  await there("reset", "-q", "--soft", onBranch);
  await writeFile(join(repo.path, spec), specText({ status: "pending" }));
  expect(await repo.status()).toContain("?? .chant/specs/");
  const done: RunRecord = { ...record, base, tip: onBranch, phase: "landing" };
  await makeFolder(engine.places.records);
  await writeRecord(engine.places, done);
  return done;
}

/** Lands one run, and starts nothing. */
const settleOne = (session: Session, done: RunRecord): ReturnType<typeof settle> =>
  settle(session.engine, {
    target: done.target,
    specs: session.specsOf(done.target),
    land: [done],
    park: [],
    start: async () => [],
    mayStill: async (claims) => claims,
  });

test.each([
  ["as it was", "", ""],
  ["edited since", "\nMore of it.\n", " M .chant/specs/2026-01-01-001-aaa.md"],
])("a spec that was never committed lands, though its start was held back: %s", (_, more, status) =>
  withRun(async (scene) => {
    const { repo, session } = scene;
    const done = await startedAside(scene);
    const spec = `.chant/specs/${A}.md`;
    await writeFile(join(repo.path, spec), specText({ status: "pending" }) + more);
    const settled = await settleOne(session, done);
    expect(settled).toMatchObject({ conflicts: [], held: [], landed: [{ record: { id: A } }] });
    expect(await repo.git("show", `main:${spec}`)).toMatch(/^status: completed$/m);
    expect(await repo.read(spec)).toMatch(/^status: completed$/m);
    expect((await repo.read(spec)).endsWith(more)).toBe(true);
    expect(
      (await repo.status())
        .split("\n")
        .filter((line) => line.includes("specs"))
        .join(),
    ).toBe(status);
  }),
);

test("a spec that the target has removed since is still for a person", () =>
  withRun(async ({ repo, session, record, there, engine }) => {
    await repo.git("rm", "-q", `.chant/specs/${A}.md`);
    await repo.git("commit", "-q", "-m", "Removed");
    const done: RunRecord = { ...record, tip: await there("rev-parse", "HEAD"), phase: "landing" };
    await makeFolder(engine.places.records);
    await writeRecord(engine.places, done);
    const { conflicts } = await settleOne(session, done);
    expect(conflicts).toHaveLength(1);
  }));
