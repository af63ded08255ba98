import { expect, test } from "vitest";
import { claimLaunch } from "../../src/app/engine/launch.ts";
import { readRecord, type RunRecord, runFolder, writeRecord } from "../../src/app/engine/record.ts";
import { watch } from "../../src/app/watch.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { ownIdentity } from "../../src/host/identity.ts";
import { eventually } from "../kit/eventually.ts";
import { A, withRun } from "../kit/run-scene.ts";

const B = "2026-01-01-002-bbb";
const MINUTE_MS = 60_000;

test("a watch follows its configuration: how long a retry waits, and how many agents there may be", () =>
  withRun(
    async ({ repo, engine, record }) => {
      const { places } = engine;
      await claimLaunch(runFolder(places, record), 1, ownIdentity());
      await writeRecord(places, record);
      const retry = { n: 1, of: 3, atMs: Date.now() + 10 * MINUTE_MS, reason: "it failed" };
      const later: RunRecord = { ...record, id: B, run: "fedcba9876543210fedc", phase: "retrying", retry };
      // It cannot be started: it is parked as soon as that is tried.
      await writeRecord(places, { ...later, agent: "gone" });
      const control = new AbortController();
      const request = { isOnce: false, pollIntervalMs: 20, version: "1", signal: control.signal };
      const ended = watch(await openWorkspace(repo.path, repo.env), request, () => undefined);
      const now = (): Promise<RunRecord | undefined> => readRecord(places, B);
      const configure = (text: string): Promise<void> =>
        repo.write({ ".chant/config.md": `---\n${text}---\n` });
      try {
        await configure("parallel: { max: 1 }\nwatch: { failure: { max_delay_ms: 1 } }\n");
        await eventually("its retry is due", [], async () => ((await now())?.retry?.atMs ?? 0) < Date.now());
        await configure("parallel: {");
        expect((await now())?.phase).toBe("retrying");
        await configure("parallel: { max: 2 }\n");
        await eventually("it has its turn", [], async () => (await now())?.phase === "parked");
        expect((await now())?.parked?.reason).toMatch(/There is no agent "gone"/);
        expect((await readRecord(places, A))?.phase).toBe("running");
      } finally {
        control.abort("SIGTERM");
        await ended;
      }
    },
    {
      config: "parallel: { max: 1 }\n",
      specs: { [A]: { status: "in_progress" }, [B]: { status: "in_progress" } },
    },
  ));
