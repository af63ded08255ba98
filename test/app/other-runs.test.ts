import { execFileSync } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unclaim } from "../../src/app/engine/claim.ts";
import { cleanUp } from "../../src/app/engine/clean.ts";
import type { Engine } from "../../src/app/engine/engine.ts";
import {
  readRecord,
  recordFile,
  runFolder,
  type RunRecord,
  writeRecord,
} from "../../src/app/engine/record.ts";
import { readLaunch } from "../../src/app/engine/launch-files.ts";
import { carrierOf, type Session } from "../../src/app/engine/session.ts";
import type { Coordinator } from "../../src/app/engine/coordinator.ts";
import type { ChantEvent } from "../../src/domain/event.ts";
import type { SpecId } from "../../src/domain/id.ts";
import { eventually } from "../kit/eventually.ts";
import { Choice } from "../../src/app/work-choice.ts";
import type { WorkRequest } from "../../src/app/work.ts";
import { explain } from "../../src/app/why.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { ChantError, isChantError } from "../../src/kit/errors.ts";
import { A, type Scene, withRun } from "../kit/run-scene.ts";

/** The session with some parts of its engine replaced. */
const withParts = (session: Session, parts: Partial<Engine>): Session => ({
  ...session,
  engine: { ...session.engine, ...parts },
});

/** The parts of a reader of objects that a landing uses. */
type Reading = Pick<Engine["reader"], "read" | "require" | "resolve" | "head" | "isLoose">;

/** The reader of an engine with some of its answers replaced. */
function readerWith({ reader }: Engine, answers: Partial<Reading>): Engine["reader"] {
  const reading: Reading = {
    read: (name) => reader.read(name),
    require: (name) => reader.require(name),
    resolve: (ref) => reader.resolve(ref),
    head: (gitDir) => reader.head(gitDir),
    isLoose: (oid) => reader.isLoose(oid),
    ...answers,
  };
  return reading as Engine["reader"];
}

/** The run of a scene as it was judged done, in the hands of this process. */
async function done({ engine, record, there }: Scene): Promise<RunRecord> {
  const landing: RunRecord = { ...record, phase: "landing", tip: await there("rev-parse", "HEAD") };
  await writeRecord(engine.places, landing);
  return landing;
}

/** Lets a coordinator go on until some specs have landed. */
const landed = (coordinator: Coordinator, ids: readonly SpecId[]): Promise<unknown> =>
  eventually(`${ids.join(", ")} landed`, [], async () => {
    while (await coordinator.round());
    return ids.every((id) => coordinator.landed.includes(id));
  });

test.each<[string, () => Error]>([
  ["git said that it failed", () => new ChantError("GIT_FAILED", "git update-ref failed: signal SIGKILL")],
  ["there was no room for the rest", () => new ChantError("DISK_FULL", "There is no space left.")],
])("a landing of which %s, and which had happened, is not made again", (_, error) =>
  withRun(async (scene) => {
    const { repo, session, engine } = scene;
    await done(scene);
    let failures = 0;
    const refs: Pick<Engine["refs"], "swap"> = {
      swap: async (...order) => {
        const result = await engine.refs.swap(...order);
        if (order[0] !== "refs/heads/main" || (failures += 1) > 1) return result;
        throw error();
      },
    };
    await using watch = carrierOf(withParts(session, { refs: refs as Engine["refs"] }), { isWatch: true });
    await watch.adopt();
    // As the watch bears it.
    await watch.round().catch((refused: unknown) => {
      if (!isChantError(refused, "DISK_FULL")) throw refused;
    });
    await landed(watch, [A]);
    expect(await repo.git("rev-list", "--count", "--first-parent", `${scene.record.base}..main`)).toBe("1");
  }),
);

test("a finalize commit of a try that came to nothing, which git has cleared away since, holds nothing back", () =>
  withRun(async (scene) => {
    const { session, engine } = scene;
    await writeRecord(engine.places, { ...(await done(scene)), finalize: "1".repeat(40) });
    await using watch = carrierOf(session, { isWatch: true });
    await watch.adopt();
    await landed(watch, [A]);
  }));

/** A run whose start commit is there, and which git lets begin only after so many failures. */
async function begun(
  { session, engine, record }: Scene,
  failures: number,
  refusals = 0,
): Promise<{ session: Session; goBy: (ms: number) => void; launched: readonly number[] }> {
  const { worktree: _worktree, adminDir: _adminDir, ...rest } = record;
  await writeRecord(engine.places, { ...rest, branch: "chant/again", phase: "claimed", launch: 0 });
  let left = failures;
  const refs: Pick<Engine["refs"], "swap"> = {
    swap: async (...order) => {
      if ((left -= 1) >= 0) throw new ChantError("GIT_FAILED", "git update-ref failed: signal SIGKILL");
      return engine.refs.swap(...order);
    },
  };
  const launched: number[] = [];
  let refused = 0;
  const runners: Pick<Engine["runners"], "launch" | "rest"> = {
    launch: async ({ launch }) => {
      if ((refused += 1) <= refusals) {
        throw Object.assign(new Error("spawn chant EAGAIN"), { code: "EAGAIN", syscall: "spawn chant" });
      }
      launched.push(launch);
      return { done: new Promise(() => undefined) };
    },
    rest: async () => undefined,
  };
  let lateMs = 0;
  const clock: Engine["clock"] = {
    nowMs: () => engine.clock.nowMs() + lateMs,
    monotonicMs: () => engine.clock.monotonicMs() + lateMs,
  };
  const parts = { refs: refs as Engine["refs"], runners: runners as Engine["runners"], clock };
  return { session: withParts(session, parts), goBy: (ms) => void (lateMs += ms), launched };
}

test("a run that git does not let begin for a moment is begun once more, and says meanwhile why it waits", () =>
  withRun(async (scene) => {
    const { repo, engine } = scene;
    const { session, goBy, launched } = await begun(scene, 2);
    await using watch = carrierOf(session, { isWatch: true });
    await watch.adopt();
    for (const n of [1, 2]) {
      while (await watch.round());
      const waiting = await readRecord(engine.places, A);
      expect(waiting).toMatchObject({ phase: "retrying", attempt: 1, retry: { n, of: 11 } });
      const { reasons } = await explain(await openWorkspace(repo.path, repo.env), A, engine.clock);
      expect(reasons[0]).toMatch(/^It could not be started: git update-ref failed: signal SIGKILL\.$/);
      expect(reasons[1]).toMatch(`Retry ${n} of 11 is due at `);
      goBy(60_000);
    }
    while (await watch.round());
    expect(launched).toEqual([1]);
    const running = await readRecord(engine.places, A);
    expect(running).toMatchObject({ phase: "running", launch: 1, attempt: 1 });
    expect([running?.retry, running?.isSameAttempt]).toEqual([undefined, undefined]);
  }));

test("a runner that the system does not let start for a moment is started later", () =>
  withRun(async (scene) => {
    const { engine } = scene;
    const { session, goBy, launched } = await begun(scene, 0, 5);
    await using watch = carrierOf(session, { isWatch: true });
    await watch.adopt();
    for (let tries = 0; tries < 20 && launched.length === 0; tries += 1) {
      while (await watch.round());
      expect((await readRecord(engine.places, A))?.parked).toBeUndefined();
      goBy(1_000);
    }
    expect(launched).toEqual([6]);
    expect(await readRecord(engine.places, A)).toMatchObject({ phase: "running", launch: 6, relaunches: 5 });
  }));

test("one that git never lets begin is for a person in the end, with git's own words", () =>
  withRun(async (scene) => {
    const { engine } = scene;
    const { session, goBy, launched } = await begun(scene, Infinity);
    await using watch = carrierOf(session, { isWatch: true });
    await watch.adopt();
    for (let minutes = 0; minutes < 12; minutes += 1) {
      expect((await readRecord(engine.places, A))?.parked).toBeUndefined();
      while (await watch.round());
      goBy(60_000);
    }
    const { parked } = (await readRecord(engine.places, A)) ?? {};
    expect(parked).toMatchObject({
      status: "needs_attention",
      reason: "git update-ref failed: signal SIGKILL",
    });
    expect(launched).toEqual([]);
  }));

/** The next run of the same spec, as somebody has begun it meanwhile. */
const next = (record: RunRecord): RunRecord => ({ ...record, run: "fedcba9876543210fedc", phase: "running" });

test("whoever clears a run away that another process has cleared away before leaves the next run its record", () =>
  withRun(async (scene) => {
    const { engine } = scene;
    const landing = await done(scene);
    const refs: Pick<Engine["refs"], "swap"> = {
      swap: async (...order) => {
        await writeRecord(engine.places, next(landing));
        return engine.refs.swap(...order);
      },
    };
    await cleanUp({ ...engine, refs: refs as Engine["refs"] }, landing);
    expect(await readRecord(engine.places, A)).toEqual(next(landing));
    await unclaim(engine, landing);
    expect(await readRecord(engine.places, A)).toEqual(next(landing));
  }));

test("and its worktree, where that has come to the same place", async () => {
  const worktree = "teardown: ['take it down']";
  let onTold: (() => void) | undefined;
  const onEvent = (event: ChantEvent): void => {
    if (event.kind === "warning" && event.message.includes("take it down")) onTold?.();
  };
  await withRun(
    async (scene) => {
      const { repo, engine, record } = scene;
      const landing = await done(scene);
      // While it was taken down: the other one was through, and somebody began anew.
      onTold = () => {
        writeFileSync(recordFile(engine.places, A), JSON.stringify(next(landing)));
        rmSync(record.worktree, { recursive: true });
        rmSync(record.adminDir, { recursive: true });
        execFileSync("git", ["-C", repo.path, "worktree", "add", "-q", "--detach", record.worktree], {
          env: repo.env,
        });
        renameSync(record.adminDir, `${record.adminDir}-next`);
        writeFileSync(join(record.worktree, ".git"), `gitdir: ${record.adminDir}-next\n`);
        writeFileSync(join(record.worktree, "new.txt"), "new\n");
      };
      await cleanUp(engine, landing);
      expect(await readFile(join(record.worktree, "new.txt"), "utf8")).toBe("new\n");
    },
    { worktree, onEvent },
  );
});

const B = "2026-01-01-002-bbb";

test.each<[string, (landing: RunRecord) => RunRecord, RegExp]>([
  [
    "whose agent the configuration does not know any more",
    (landing) => ({
      ...landing,
      agent: "gone",
      phase: "retrying",
      retry: { n: 1, of: 3, atMs: 0, reason: "it failed" },
    }),
    /There is no agent "gone"/,
  ],
  [
    "that has just begun, and whose start commit is missing",
    (landing) => ({ ...landing, phase: "claimed", launch: 0, base: "1".repeat(40) }),
    /1{40}/,
  ],
  ["whose commit is missing", (landing) => ({ ...landing, tip: "1".repeat(40) }), /1{40}/],
  ["whose start commit is missing", (landing) => ({ ...landing, base: "1".repeat(40) }), /1{40}/],
])("one run %s stops no other", (_, broken, reason) =>
  withRun(
    async (scene) => {
      const { session, engine } = scene;
      const landing = await done(scene);
      const other = broken({ ...landing, id: B, run: "fedcba9876543210fedc", branch: `chant/${B}` });
      await writeRecord(engine.places, other);
      await using watch = carrierOf(session, { isWatch: true });
      await watch.adopt();
      await landed(watch, [A]);
      const { parked } = (await readRecord(engine.places, B)) ?? {};
      expect([parked?.status, parked?.reason]).toEqual(["needs_attention", expect.stringMatching(reason)]);
    },
    { specs: { [A]: { status: "in_progress" }, [B]: { status: "in_progress" } } },
  ),
);

test("a run that cannot be cleared away, as others own its files, says so, and all others land", () =>
  withRun(
    async (scene) => {
      const { session, engine } = scene;
      const landing = await done(scene);
      const branch = `chant/${B}`;
      const other: RunRecord = { ...landing, id: B, run: "fedcba9876543210fedc", branch, phase: "retiring" };
      await writeRecord(engine.places, other);
      const reader = readerWith(engine, {
        resolve: async (ref) => {
          if (ref !== `refs/heads/${branch}`) return engine.reader.resolve(ref);
          const words = "EACCES: permission denied, rmdir '/tmp/theirs'";
          throw Object.assign(new Error(words), { code: "EACCES", syscall: "rmdir" });
        },
      });
      await using watch = carrierOf(withParts(session, { reader }), { isWatch: true });
      await watch.adopt();
      await landed(watch, [A]);
      expect((await readRecord(engine.places, B))?.waits?.reason).toMatch(/^EACCES: permission denied, /);
    },
    { specs: { [A]: { status: "in_progress" }, [B]: { status: "in_progress" } } },
  ));

test("a run at whose landing git fails each time waits by itself, and all others land", () =>
  withRun(
    async (scene) => {
      const { repo, session, engine } = scene;
      const landing = await done(scene);
      const { base } = scene.record;
      const tip = await repo.git("commit-tree", "-p", base, "-m", "Of the other", `${base}^{tree}`);
      const other: RunRecord = { ...landing, id: B, run: "fedcba9876543210fedc", tip };
      await writeRecord(engine.places, other);
      const orFail = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
        if (name === tip) throw new ChantError("GIT_FAILED", "git cat-file failed: signal SIGSEGV");
        return work();
      };
      const reader = readerWith(engine, {
        read: (name) => orFail(name, () => engine.reader.read(name)),
        require: (name) => orFail(name, () => engine.reader.require(name)),
      });
      await using watch = carrierOf(withParts(session, { reader }), { isWatch: true });
      await watch.adopt();
      await landed(watch, [A]);
      expect((await readRecord(engine.places, B))?.waits).toEqual({
        reason: "git cat-file failed: signal SIGSEGV",
        files: [],
        isPassing: true,
      });
    },
    { specs: { [A]: { status: "in_progress" }, [B]: { status: "in_progress" } } },
  ));

test("a record that is torn while it is carried stops no other run", () =>
  withRun(
    async (scene) => {
      const { session, engine } = scene;
      const landing = await done(scene);
      const later: RunRecord = {
        ...landing,
        id: B,
        phase: "retrying",
        run: "fedcba9876543210fedc",
        retry: { n: 1, of: 3, atMs: Date.now() + 60_000, reason: "it failed" },
      };
      await writeRecord(engine.places, later);
      await using watch = carrierOf(session, { isWatch: true });
      await watch.adopt();
      writeFileSync(recordFile(engine.places, B), "{");
      await landed(watch, [A]);
    },
    { specs: { [A]: { status: "in_progress" }, [B]: { status: "in_progress" } } },
  ));

test("a spec whose old run cannot be kept is not started again, and all others are", () =>
  withRun(
    async ({ session, engine, record, there }) => {
      const parked = { status: "failed", reason: "no commits", atMs: 0, isPublished: true } as const;
      await writeRecord(engine.places, { ...record, launch: 0, phase: "parked", parked });
      await there("init", "-q", "nested");
      await there("-C", "nested", "commit", "-q", "--allow-empty", "-m", "Its own");
      const request: WorkRequest = {
        ids: [],
        isChain: false,
        keepGoing: false,
        wait: true,
        signal: new AbortController().signal,
      };
      const target = "refs/heads/main";
      const choice = await Choice.make(engine, request, target, session.specsOf(target));
      expect((await choice.claimNext(2, [])).map(({ id }) => id)).toEqual([B]);
      const { skipped, refused } = await choice.leftOver(false, new Set());
      expect([skipped.map(({ id }) => id), refused]).toEqual([[A], 1]);
      expect(skipped[0]?.reason).toMatch(/nested is a repository of its own/);
    },
    { specs: { [A]: { script: "true" }, [B]: { script: "true" } } },
  ));

test("an agent is started as the configuration describes it now, and in the middle of an edit as it did last", () =>
  withRun(async ({ repo, session, engine, record }) => {
    const retry = { n: 1, of: 3, atMs: 0, reason: "it failed" };
    await writeRecord(engine.places, { ...record, phase: "retrying", retry });
    const self = { argv: ["/bin/true"], binFolder: "/bin" } as const;
    const commands: (readonly string[])[] = [];
    for (const text of [
      `---\nagents: { test: { provider: command, command: [mended] } }\n---\n`,
      "---\nagents: {",
    ]) {
      await using watch = carrierOf(withParts(session, { self }), { isWatch: true });
      await watch.adopt();
      await repo.write({ ".chant/config.md": text });
      await watch.round();
      const { launch = 0 } = (await readRecord(engine.places, A)) ?? {};
      const told = await readLaunch(runFolder(engine.places, record), launch);
      commands.push(told?.agent.command ?? []);
      await writeRecord(engine.places, { ...record, phase: "retrying", launch, retry });
    }
    expect(commands).toEqual([["mended"], ["mended"]]);
  }));
