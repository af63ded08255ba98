import { readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cleanEnvironment, quantile, scratch, time } from "./measure.ts";
import { waitingRuns, type WaitingRuns } from "./waiting-runs.ts";

const FILES = 5_000;
const POLL_MS = 5_000;

/**
 * How many runs are under way at once, how many of them are released one by one, how often all of it, and how long
 * each agent has been at work by then at the least: real ones take minutes, one that takes no time is the worst case.
 */
const SCENES = [
  { present: 1, oneByOne: 1, rounds: 20, atWorkMs: 0 },
  { present: 1, oneByOne: 1, rounds: 20, atWorkMs: 2_500 },
  { present: 20, oneByOne: 20, rounds: 2, atWorkMs: 2_500 },
  { present: 100, oneByOne: 50, rounds: 1, atWorkMs: 2_500 },
] as const;

/**
 * How long it takes from an agent's last act until its work is on the target, under a watch, against `git merge
 * --no-ff` of one commit with one file in a checkout of the same repository, in turn with it.
 */
export async function landing(): Promise<void> {
  await using folder = await scratch();
  const env = cleanEnvironment(folder.path);
  const specs = SCENES.reduce((sum, { present, rounds }) => sum + present * rounds, 0);
  await using runs = await waitingRuns(folder.path, env, { files: FILES, specs });
  const bare = await bareMerges(runs.repo, join(folder.path, "bare"), env);
  const ids = [...runs.ids];
  for (const { present, oneByOne, rounds, atWorkMs } of SCENES) {
    const ours: number[] = [];
    const base: number[] = [];
    let burst: Burst | undefined;
    for (let round = 0; round < rounds; round += 1) {
      const some = ids.splice(0, present);
      await runs.start(some);
      await delay(atWorkMs);
      for (const id of some.slice(0, oneByOne)) {
        ours.push(await landOne(runs, id));
        await runs.cleared(id);
        base.push(await bare());
      }
      const rest = some.slice(oneByOne);
      if (rest.length > 0) burst = await landTogether(runs, rest);
    }
    report(present, atWorkMs, ours, base, burst);
  }
}

function report(
  present: number,
  atWorkMs: number,
  ours: readonly number[],
  base: readonly number[],
  burst?: Burst,
): void {
  const [merge, p50, p99] = [quantile(base, 0.5), quantile(ours, 0.5), quantile(ours, 0.99)];
  const agents = atWorkMs === 0 ? "agents that end at once" : `agents at work for ${atWorkMs / 1_000} s`;
  const name = `agent done -> landed, ${present} worktree${present === 1 ? "" : "s"} of ${FILES} files, ${agents}`;
  const ratios = `ratio p50 ${(p50 / merge).toFixed(2)}, p99 ${(p99 / merge).toFixed(2)}`;
  const poll = `${((100 * p50) / POLL_MS).toFixed(1)} % of the poll interval`;
  process.stdout.write(
    `${name}: ${show(ours)} (${ours.length} landings), git merge --no-ff: ${show(base)}, ${ratios}; ${poll}\n`,
  );
  if (burst === undefined) return;
  const each = burst.tookMs / burst.count;
  process.stdout.write(
    `  ${burst.count} released at once: all landed after ${burst.tookMs.toFixed(0)} ms, ` +
      `${each.toFixed(1)} ms a run, ratio ${(each / merge).toFixed(2)}\n`,
  );
}

const show = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms`;

/** Releases one agent and returns how long it took from its last act until the target carried its work. */
async function landOne(runs: WaitingRuns, id: string): Promise<number> {
  const [landedAtMs] = await Promise.all([targetMoves(runs.repo), runs.release(id)]);
  if (!isCompleted(runs.repo, id)) throw new Error(`what moved the target was not ${id}`);
  return landedAtMs - runs.endedAtMs(id);
}

/** The checkout comes forward just before the target does. */
const isCompleted = (repo: string, id: string): boolean =>
  readFileSync(join(repo, ".chant", "specs", `${id}.md`), "utf8").includes("\nstatus: completed\n");

/** Returns when the target's ref file is another one, in milliseconds since 1970, rounded up. */
function targetMoves(repo: string): Promise<number> {
  const folder = join(repo, ".git", "refs", "heads");
  const read = (): string => readFileSync(join(folder, "main"), "utf8");
  const before = read();
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("nothing landed within 60 s")), 60_000);
    const watcher = watch(folder, () => {
      if (read() === before) return;
      const nowMs = Date.now() + 1;
      clearTimeout(limit);
      watcher.close();
      resolve(nowMs);
    });
  });
}

interface Burst {
  readonly count: number;
  /** From the first agent's last act until the last one's work was on the target. */
  readonly tookMs: number;
}

async function landTogether(runs: WaitingRuns, ids: readonly string[]): Promise<Burst> {
  await Promise.all(ids.map((id) => runs.release(id)));
  while (!ids.every((id) => isCompleted(runs.repo, id))) await delay(5);
  const landedAtMs = Date.now();
  for (const id of ids) await runs.cleared(id);
  return { count: ids.length, tookMs: landedAtMs - Math.min(...ids.map((id) => runs.endedAtMs(id))) };
}

/** Returns what merges one more branch each time it is called, and says how long that took. */
async function bareMerges(
  repo: string,
  checkout: string,
  env: NodeJS.ProcessEnv,
): Promise<() => Promise<number>> {
  await time("git", ["worktree", "add", "-q", "-b", "bare", checkout], repo, env);
  let count = 0;
  return async () => {
    count += 1;
    const work = `git switch -q -c "bare-${count}" && echo ${count} > bare-${count}.txt && git add -A && git commit -q -m ${count} && git switch -q bare`;
    await time("sh", ["-c", work], checkout, env);
    return time("git", ["merge", "-q", "--no-ff", "-m", `land ${count}`, `bare-${count}`], checkout, env);
  };
}
