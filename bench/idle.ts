import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cleanEnvironment, scratch } from "./measure.ts";
import { costOf, type ProcessCost } from "./process-cost.ts";
import { waitingRuns, type WaitingRuns } from "./waiting-runs.ts";

const SPECS = 1_000;
const RUNNING = 20;
const WINDOW_MS = 60_000;
/** Three ticks of the poll: a process that is traced costs more, so this is a window of its own. */
const TRACED_MS = 16_000;

/** What a watch costs while nothing happens: 1,000 specs, 20 agents at work. */
export async function idle(): Promise<void> {
  await using folder = await scratch();
  const env = cleanEnvironment(folder.path);
  await using runs = await waitingRuns(folder.path, env, { files: 500, specs: SPECS });
  await runs.start(runs.ids.slice(0, RUNNING));
  // What follows a start is over by then.
  await delay(12_000);
  const runners = runnersOf(runs.repo);
  const beforeRunners = runners.map((pid) => costOf(pid).cpuMs);
  const before = costOf(runs.watchPid);
  await delay(WINDOW_MS);
  const after = costOf(runs.watchPid);
  const runnersMs = runners.reduce((sum, pid, n) => sum + costOf(pid).cpuMs - (beforeRunners[n] ?? 0), 0);
  report(before, after, runnersMs);
  await trace(runs);
  await control(runs);
}

const share = (cpuMs: number): string => `${((100 * cpuMs) / WINDOW_MS).toFixed(2)} % of a core`;

function report(before: ProcessCost, after: ProcessCost, runnersMs: number): void {
  const fresh = after.children.filter((pid) => !before.children.includes(pid)).length;
  const faults = after.childFaults - before.childFaults;
  const memory = (after.residentBytes / 2 ** 20).toFixed(0);
  process.stdout.write(
    `idle watch, ${SPECS} specs, ${RUNNING} runs, ${WINDOW_MS / 1_000} s: CPU ${share(after.cpuMs - before.cpuMs)}, ` +
      `memory ${memory} MiB, processes spawned: ${fresh} that live, ${faults === 0 ? "0" : "some"} that ended ` +
      `(${faults} page faults of ended children); ` +
      `its ${RUNNING} runners together: CPU ${share(runnersMs)}\n`,
  );
}

/** Says by name what the kernel was asked for, where strace is there. */
async function trace({ watchPid, repo }: WaitingRuns): Promise<void> {
  if (spawnSync("strace", ["-V"]).error !== undefined) {
    process.stdout.write("  traced: not done, there is no strace here\n");
    return;
  }
  const file = join(repo, "..", "trace");
  const calls = "trace=fork,vfork,clone,clone3,execve,openat,open";
  const tracer = spawn("strace", ["-f", "-o", file, "-e", calls, "-p", String(watchPid)], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => tracer.once("exit", resolve));
  await delay(TRACED_MS);
  tracer.kill("SIGINT");
  await ended;
  const lines = readFileSync(file, "utf8").split("\n");
  const spawned = lines.filter(
    (line) => /\b(execve|v?fork|clone3?)\(/.test(line) && !line.includes("CLONE_THREAD"),
  );
  const opened = lines.filter((line) => /\bopen(at)?\(/.test(line));
  const specs = opened.filter((line) => /\/\.chant\/specs\/[^"]+\.md"/.test(line));
  process.stdout.write(
    `  traced for ${TRACED_MS / 1_000} s: ${spawned.length} processes spawned, ${specs.length} spec files opened, ` +
      `${opened.length} files opened in all\n`,
  );
}

/** Shows that the page faults of ended children tell of processes, by one run that lands. */
async function control(runs: WaitingRuns): Promise<void> {
  const before = costOf(runs.watchPid).childFaults;
  const [id = ""] = runs.ids;
  await runs.release(id);
  await runs.cleared(id);
  const faults = costOf(runs.watchPid).childFaults - before;
  process.stdout.write(`  control, one landing: ${faults} page faults of ended children\n`);
  if (faults === 0) throw new Error("the bench does not see what it measures");
}

function runnersOf(repo: string): readonly number[] {
  const work = join(repo, ".git", "chant", "work");
  return readdirSync(work).map(
    (run) => (JSON.parse(readFileSync(join(work, run, "runner-1.json"), "utf8")) as { pid: number }).pid,
  );
}
