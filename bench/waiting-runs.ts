import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chant, time } from "./measure.ts";

/** A repository whose agents do their work, commit it, and wait until they are released. */
export interface WaitingRuns extends AsyncDisposable {
  readonly repo: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ids: readonly string[];
  readonly watchPid: number;
  /** Starts runs, leaves them to watch, and returns when every one is its own and every agent waits. */
  start(ids: readonly string[]): Promise<void>;
  /** Lets one agent end. */
  release(id: string): Promise<void>;
  /** When an agent did its last act, in milliseconds since 1970. */
  endedAtMs(id: string): number;
  /** Returns when nothing of a run is left: record, worktree. */
  cleared(id: string): Promise<void>;
}

/**
 * Its last act is to print the time: what comes after it (the program's own end, the wrapper, the runner, watch) is
 * what is measured.
 */
const agentScript = (gate: string): string => `#!/bin/sh
set -e
echo "$CHANT_SPEC_ID" > "$CHANT_SPEC_ID.txt"
sed -i 's/- \\[ \\]/- [x]/' "$CHANT_SPEC_FILE"
git add -A
git commit -q -m "work on $CHANT_SPEC_ID"
mkfifo "${gate}/$CHANT_SPEC_ID"
: > "${gate}/$CHANT_SPEC_ID.ready"
read -r word < "${gate}/$CHANT_SPEC_ID"
exec date +%s%N > "${gate}/$CHANT_SPEC_ID.end"
`;

/** Makes the repository, packed as after a clone, and starts its watch with the poll interval that it has by default. */
export async function waitingRuns(
  folder: string,
  env: NodeJS.ProcessEnv,
  size: { readonly files: number; readonly specs: number },
): Promise<WaitingRuns> {
  const repo = join(folder, "repo");
  const gate = join(folder, "gate");
  const trees = join(folder, "trees");
  for (const path of [gate, trees]) await mkdir(path, { recursive: true });
  await writeFiles(repo, size.files);
  await writeFile(join(repo, "agent.sh"), agentScript(gate), { mode: 0o755 });
  await mkdir(join(repo, ".chant", "specs"), { recursive: true });
  const settings = `agents:\n  bench:\n    provider: command\n    command: ["./agent.sh"]\nworktree:\n  root: ${trees}\n`;
  await writeFile(join(repo, ".chant", "config.md"), `---\ndefaults:\n  agent: bench\n${settings}---\n`);
  const ids = Array.from({ length: size.specs }, (_, n) => `2026-01-01-${String(n).padStart(3, "0")}-abc`);
  for (const id of ids) {
    const text = `---\ntype: code\nstatus: pending\n---\n# Spec ${id}\n\n## Acceptance Criteria\n\n- [ ] The file is there\n`;
    await writeFile(join(repo, ".chant", "specs", `${id}.md`), text);
  }
  for (const args of [
    ["init", "-q", "-b", "main"],
    ["add", "-A"],
    ["commit", "-q", "-m", "start"],
    ["gc", "-q"],
  ]) {
    await time("git", args, repo, env);
  }
  const watch = await startWatch(repo, env);
  const own = join(repo, ".git", "chant");
  return {
    repo,
    env,
    ids,
    watchPid: watch.pid ?? 0,
    start: async (some) => {
      await time(chant, ["work", "--no-wait", `--parallel=${some.length}`, ...some], repo, env);
      await until(() => some.every((id) => existsSync(join(gate, `${id}.ready`))), "the agents wait");
      // Any event makes it look, so that nobody has to wait for its poll here.
      await writeFile(join(own, "inbox", "bench"), "");
      const isWatched = (id: string): boolean => ownerOf(join(own, "runs", `${id}.json`)) === watch.pid;
      await until(() => some.every(isWatched), "watch has the runs");
    },
    release: (id) => writeFile(join(gate, id), "\n"),
    endedAtMs: (id) => Number(readFileSync(join(gate, `${id}.end`), "utf8")) / 1e6,
    cleared: async (id) => {
      await until(() => !existsSync(join(own, "runs", `${id}.json`)), `${id} is cleared away`);
    },
    [Symbol.asyncDispose]: async () => {
      await endRuns(gate, ids);
      const ended = new Promise((resolve) => watch.once("exit", resolve));
      watch.kill("SIGTERM");
      await ended;
    },
  };

  /** What still waits is released, and brought to its end by watch. */
  async function endRuns(folderOfGate: string, all: readonly string[]): Promise<void> {
    const names = await readdir(folderOfGate);
    const open = all.filter((id) => names.includes(`${id}.ready`) && !names.includes(`${id}.end`));
    for (const id of open) await writeFile(join(folderOfGate, id), "\n");
    await until(async () => (await readdir(join(own, "runs"))).length === 0, "every run is over");
  }
}

async function writeFiles(root: string, count: number): Promise<void> {
  const perFolder = 100;
  for (let n = 0; n < count; n += 1) {
    const folder = join(root, "src", `part-${Math.floor(n / perFolder)}`);
    if (n % perFolder === 0) await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `file-${n}.txt`), `This is file ${n}.\n`.repeat(20));
  }
}

async function startWatch(repo: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const watch = spawn(chant, ["watch"], { cwd: repo, env, stdio: ["ignore", "ignore", "inherit"] });
  await until(() => existsSync(join(repo, ".chant", "watch.pid")), "watch runs");
  return watch;
}

function ownerOf(record: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(record, "utf8")) as { owner: { pid: number } }).owner.pid;
  } catch {
    return undefined;
  }
}

const LIMIT_MS = 120_000;

/** Waits until something is so. Looked at now and then: what waits here is not what is measured. */
async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limitMs = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > limitMs) throw new Error(`not so after ${LIMIT_MS / 1_000} s: ${what}`);
    await delay(20);
  }
}
