import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { numberOf, randomFrom } from "../../kit/random.ts";
import { tempProject } from "../../kit/spec.ts";
import { costOf, drawStep, ending } from "./draw.ts";
import { expected, isAllowed } from "./model.ts";
import { Player } from "./player.ts";
import { expectedSeen, lookAt } from "./seen.ts";
import { type Agent, AGENTS, ALONE, type Step } from "./step.ts";
import { FIRST, NEW_WORLD, type World } from "./world.ts";

export interface Sequence {
  readonly steps: readonly Step[];
  /** In a project whose specs git does not see. */
  readonly isSilent?: boolean;
}

/** A sequence that did not go as the model has it. */
export class Deviation extends Error {
  readonly sequence: Sequence;
  constructor(sequence: Sequence, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.sequence = sequence;
  }
}

/** What the commands of the longest sequence cost that is drawn, before what brings it to its end. */
const MOST = numberOf("SEQUENCES_COST", 6);
const FEWEST = Math.ceil(MOST / 2);

export interface Played {
  readonly steps: number;
  readonly commands: number;
}

/** Draws the steps of a seed one after the other and takes them. */
export function playSeed(seed: number): Promise<Played> {
  const random = randomFrom(seed);
  let left = FEWEST + random.below(MOST - FEWEST + 1);
  const agents = random.next() < 0.5 ? ALONE : AGENTS;
  const isSilent = random.next() < 0.25;
  return play({ slots: slotsFor(agents), isSilent }, (world) => {
    if (left <= 0) return undefined;
    const step = drawStep(random, world, agents);
    left -= costOf(step);
    return step;
  });
}

/** Takes these steps; those that cannot be taken any more, as one before them is gone, are left out. */
export function playSequence({ steps, isSilent = false }: Sequence): Promise<Played> {
  let at = 0;
  const agents = steps.flatMap((step) => ("agent" in step ? [step.agent] : []));
  return play({ slots: slotsFor(agents), isSilent }, (world) => {
    let step = steps[at++];
    while (step !== undefined && !isAllowed(world, step)) step = steps[at++];
    return step;
  });
}

/** How many work at once: where it matters who lands first, one after the other. */
const slotsFor = (agents: readonly Agent[]): number =>
  agents.every((agent) => ALONE.includes(agent)) ? 3 : 1;

interface Setting {
  readonly slots: number;
  readonly isSilent: boolean;
}

async function play(setting: Setting, next: (world: World) => Step | undefined): Promise<Played> {
  try {
    return await playInRepository(setting, next);
  } catch (error) {
    // A sequence that stops halfway leaves an agent behind, which is no news.
    throw error instanceof SuppressedError ? error.suppressed : error;
  }
}

async function playInRepository(
  { slots, isSilent }: Setting,
  next: (world: World) => Step | undefined,
): Promise<Played> {
  const taken: Step[] = [];
  await using repo = await tempProject({ files: FIRST, config: `parallel: { max: ${slots} }\n`, isSilent });
  try {
    const player = new Player(repo);
    let world: World = { ...NEW_WORLD, isSilent };
    let commands = 0;
    const take = async (step: Step): Promise<void> => {
      taken.push(step);
      const happened = await player.take(world, step);
      const { world: after, exit } = expected(world, step, happened.isDone);
      world = after;
      if (exit === undefined) return;
      commands += 1;
      const about = `${JSON.stringify(step)}\n${happened.said}`;
      expect(happened.exit, about).toBe(exit);
      expect(await lookAt(player, world), about).toEqual(expectedSeen(world));
    };
    for (let step = next(world); step !== undefined; step = next(world)) await take(step);
    for (const step of ending(world)) if (isAllowed(world, step)) await take(step);
    await expectNothingLeft(player, world);
    return { steps: taken.length, commands };
  } catch (error) {
    throw new Deviation({ steps: taken, isSilent }, error);
  }
}

const names = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** Only what waits for a person has something left of it, and the object store is whole. */
async function expectNothingLeft({ repo, ids }: Player, world: World): Promise<void> {
  await repo.quiet();
  const withRuns = ids.filter((_, n) => world.specs[n]?.run !== undefined).toSorted();
  const carried = ids
    .filter((_, n) => !["parked", undefined].includes(world.specs[n]?.run?.phase))
    .toSorted();
  const own = join(repo.path, ".git", "chant");
  const branches = (await repo.branches()).filter((name) => name.startsWith("chant/"));
  const halfDone = [...(await names(own)), ...(await names(join(repo.path, ".git")))];
  expect({
    records: (await names(join(own, "runs"))).map((name) => name.replace(/\.json$/, "")).toSorted(),
    branches: branches.map((name) => name.slice("chant/".length)).toSorted(),
    worktrees: (await names(repo.worktrees)).map((name) => name.replace(/^chant-/, "")).toSorted(),
    locks: (await names(join(repo.path, ".chant", ".locks")))
      .map((name) => name.replace(/\.lock$/, ""))
      .toSorted(),
    halfDone: halfDone.filter((name) => /^(landing\.json|index\.lock|chant-index-.*|\.tmp-.*)$/.test(name)),
    fsck: await repo.git("fsck", "--no-dangling", "--no-progress"),
  }).toEqual({
    records: withRuns,
    branches: withRuns,
    worktrees: withRuns,
    locks: carried,
    halfDone: [],
    fsck: "",
  });
}
