import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { endAgent, findAgent, startAgent } from "../../src/app/runner/agent-process.ts";
import { findCgroup, makeCgroup, removeCgroup } from "../../src/host/cgroup.ts";
import { belongingPids } from "../../src/host/process-tree.ts";
import { eventually } from "../kit/eventually.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** Says when it is ready, so that no signal comes before it listens. */
function startShell(run: string, script: string) {
  const child = spawn("sh", ["-c", `${script}\necho ready; while :; do sleep 0.05; done`], {
    detached: true,
    env: { PATH: process.env["PATH"], CHANT_RUN_TOKEN: run },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { child, ready: once(child.stdout, "data"), ended: once(child, "exit") };
}

test("what listens is asked to end; what does not is killed after its time, and nothing of the run is left", async () => {
  const polite = startShell("run-1", "");
  const stubborn = startShell("run-1", 'trap "" TERM HUP');
  const other = startShell("run-2", "");
  await Promise.all([polite.ready, stubborn.ready, other.ready]);
  expect(await endAgent("run-1", polite.child.pid, 200)).toBe(true);
  await polite.ended;
  expect(polite.child.signalCode).toBe("SIGTERM");
  await stubborn.ended;
  expect(stubborn.child.signalCode).toBe("SIGKILL");
  expect(other.child.exitCode ?? other.child.signalCode).toBeNull();
  expect(await endAgent("run-2", other.child.pid, 200)).toBe(true);
  await other.ended;
  // Once more finds nothing to do.
  expect(await endAgent("run-1", undefined, 200)).toBe(true);
});

test("what another user's process does not let be ended is told, and is no error", async () => {
  const other = startShell("run-0", "");
  await other.ready;
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("kill EPERM"), { code: "EPERM" });
  });
  try {
    expect(await endAgent("run-0", other.child.pid, 50)).toBe(false);
  } finally {
    kill.mockRestore();
  }
  expect(await endAgent("run-0", other.child.pid, 200)).toBe(true);
  await other.ended;
});

const here = process.platform === "linux" ? test : test.skip;

/** How long to sleep: told from any other sleep on this machine. */
const newWord = (): string => `864.${randomInt(1_000_000_000)}1`;

/** Returns the pids of the processes whose command line has a word in it. */
function pidsOf(word: string): readonly number[] {
  return readdirSync("/proc").flatMap((entry) => {
    try {
      const isIt = /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, "latin1").includes(word);
      return isIt ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

here(
  "a daemon with a session and an environment of its own, beside the agent that started it, is found and ended",
  async () => {
    const word = newWord();
    const agent = startShell("run-3", `setsid env -i sh -c 'trap "" TERM HUP; sleep ${word}; :' &`);
    await agent.ready;
    await eventually("the daemon runs", [], () => pidsOf(word).length >= 1);
    expect(await endAgent("run-3", agent.child.pid, 100)).toBe(true);
    expect(pidsOf(word)).toEqual([]);
    await agent.ended;
  },
);

here(
  "a daemon whose parent is gone is found by the session of a process that still carries the mark",
  async () => {
    const word = newWord();
    // Its session is begun by a shell that ends at once; one of the two that are left has no mark any more.
    const begin = `env -i sleep ${word} & sleep ${word} &`;
    const agent = startShell("run-4", `setsid sh -c '${begin}'`);
    await agent.ready;
    await eventually("both run", [], () => pidsOf(word).length >= 2);
    expect(await endAgent("run-4", agent.child.pid, 2_000)).toBe(true);
    expect(pidsOf(word)).toEqual([]);
    await agent.ended;
  },
);

const cgroup = process.platform === "linux" ? makeCgroup("probe") : undefined;
if (cgroup !== undefined) removeCgroup(cgroup);
/** The system's cgroups are shared by all that runs now. */
const RUN = `run-5-${process.pid}`;
const withCgroup = cgroup === undefined ? test.skip : test;

withCgroup(
  "what has left group, session, parent and environment behind does not leave its cgroup",
  async () => {
    await using folder = await tempFolder();
    const word = newWord();
    const script = `(setsid env -i sh -c '(sleep ${word} &)' &); echo ready`;
    const running = await startAgent({
      folder: folder.path,
      launch: 1,
      run: RUN,
      argv: ["sh", "-c", script],
      cwd: folder.path,
      env: { PATH: process.env["PATH"] },
      stdinFile: undefined,
    });
    await running.gone;
    await eventually("the daemon runs on its own", [], () => pidsOf(word).length === 1);
    // The shells between them take a moment to go.
    const byOtherSigns = (): readonly number[] =>
      belongingPids({ mark: `CHANT_RUN_TOKEN=${RUN}`, group: running.file.group });
    await eventually("nothing else tells whose it is", [], () => byOtherSigns().length === 0);
    expect(await endAgent(RUN, running.file.group, 2_000)).toBe(true);
    expect(pidsOf(word)).toEqual([]);
    expect(findCgroup(RUN)).toBeUndefined();
  },
);

test("an agent goes on without its runner: whoever comes next finds it, until it has ended", async () => {
  await using place = await tempFolder();
  const [run, folder] = ["run-6", place.path];
  expect(await findAgent(folder, run, 1)).toBe("never_started");
  const start = { folder, launch: 1, run, argv: ["sleep", "1000"], cwd: folder, stdinFile: undefined };
  const { file } = await startAgent({ ...start, env: { PATH: process.env["PATH"] } });
  const found = await findAgent(folder, run, 1);
  expect(found).toMatchObject({ file: { identity: file.identity, group: file.group } });
  expect(await endAgent(run, file.group)).toBe(true);
  if (typeof found === "object") await found.gone;
  expect(await findAgent(folder, run, 1)).not.toMatchObject({ file });
});
