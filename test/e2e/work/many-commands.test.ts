import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { numberOf, type Random, randomFrom, seedOf } from "../../kit/random.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { figures as counted } from "../../kit/figures.ts";

/**
 * How long commands are issued, and how many specs there are at first: more with MANY_COMMANDS_MS and MANY_COMMANDS_SPECS,
 * again the same draws with MANY_COMMANDS_SEED.
 */
const FOR_MS = numberOf("MANY_COMMANDS_MS", 30_000);
const SPECS = numberOf("MANY_COMMANDS_SPECS", 12);
const PROCESSES = 8;
/** After so many commands git packs the repository. */
const GC_EVERY = 20;
/** A command that takes longer is held up by another one for good. */
const COMMAND_LIMIT_MS = 60_000;

/** At its end everything that is left is worked: this long a spec, in milliseconds. */
const A_SPEC_MS = 2_000;

const id = (n: number): string => `2026-01-01-${String(n).padStart(3, "0")}-abc`;
/** Never started, since nobody approves it: every tick that a command reports must be in it at the end. */
const TICKED = "2026-01-02-001-abc";
const GATED = "2026-01-02-002-abc";
const DRIVER = "2026-01-02-003-abc";
const TICKS = 40;

const SCRIPTS = [
  (name: string) => goodScript(name),
  (name: string) => `sleep 0.3\n${goodScript(name)}`,
  (name: string) => `sleep 0.1\necho half >"${name}"\nexit 1`,
  (name: string) => `echo half >"${name}"; git add --all; git commit -q -m half`,
  (name: string) => `sleep 1\n${goodScript(name)}`,
] as const;

const scriptOf = (random: Random, name: string): string => random.pick(SCRIPTS)(name);

function drafts(random: Random): Record<string, SpecDraft> {
  const plain = Array.from({ length: SPECS }, (_, at): [string, SpecDraft] => [
    id(at + 1),
    {
      title: `Spec ${at + 1}`,
      script: scriptOf(random, `out-${at + 1}.txt`),
      ...(at % 4 === 3 ? { dependsOn: [id(at)] } : {}),
    },
  ]);
  const gate = "approval: { required: true, status: pending }\n";
  return {
    ...Object.fromEntries(plain),
    [TICKED]: {
      title: "Ticked",
      front: gate,
      criteria: Array.from({ length: TICKS }, (_, at) => `Criterion ${at + 1}`),
    },
    [GATED]: { title: "Gated", front: gate, script: goodScript("gated.txt") },
    [DRIVER]: { title: "Driver", type: "driver", criteria: [] },
  };
}

interface Issued {
  readonly args: readonly string[];
  readonly status: number | undefined;
  readonly said: string;
}

/** What commands have reported as done, for the end to be held against. */
interface Done {
  readonly ids: Set<string>;
  readonly added: string[];
  readonly ticked: Set<number>;
  readonly issued: Issued[];
}

function draw(random: Random, { ids }: Done): readonly string[] {
  const any = random.pick([...ids]);
  const n = random.below(100);
  if (n < 22) return ["work", any, "--no-wait"];
  if (n < 26) return ["work", "--no-wait", "--parallel=3"];
  if (n < 34) return ["add", `Added ${random.below(1e6)}`, "--criterion", "It works", "--json"];
  if (n < 40) return ["add", `Member ${random.below(1e6)}`, "--group", DRIVER, "--json"];
  if (n < 48) return ["tick", TICKED, String(1 + random.below(TICKS))];
  if (n < 52) return ["approve", GATED];
  if (n < 56) return ["cancel", any];
  if (n < 60) return ["restore", any];
  // A reset empties boxes, and here none must be lost.
  if (n < 66) return ["reset", any === TICKED ? GATED : any];
  if (n < 72) return ["resume", any];
  if (n < 77) return ["pause", any];
  if (n < 80) return ["archive", any];
  if (n < 83) return ["finalize", any];
  if (n < 86) return ["watch", "--once"];
  if (n < 90) return ["list", "--all"];
  if (n < 94) return ["show", any];
  if (n < 98) return ["why", any];
  return ["tick", any, "1"];
}

async function issue(repo: TempRepo, random: Random, done: Done): Promise<void> {
  const args = draw(random, done);
  const isAdd = args[0] === "add";
  const name = `added-${random.below(1e9)}.txt`;
  const input = `## Script\n\n\`\`\`sh\n${scriptOf(random, name)}\n\`\`\`\n`;
  const { status, signal, stdout, stderr } = await chant(repo, isAdd ? [...args, "--body-file", "-"] : args, {
    limitMs: COMMAND_LIMIT_MS,
    ...(isAdd ? { input } : {}),
  });
  done.issued.push({ args, status, said: `${signal ?? ""}${stdout}${stderr}` });
  if (status !== 0) return;
  if (isAdd) {
    const { data } = JSON.parse(stdout) as { data: { id: string } };
    done.added.push(data.id);
    done.ids.add(data.id);
  }
  if (args[0] === "tick" && args[1] === TICKED) done.ticked.add(Number(args[2]));
}

/** A user who commits in the checkout meanwhile, as often as its index is free and a command has ended. */
async function commit(repo: TempRepo, done: Done, untilMs: number): Promise<readonly string[]> {
  const committed: string[] = [];
  for (let round = 1; performance.now() < untilMs; round += 1) {
    const path = `user-${round}.txt`;
    await repo.write({ [path]: `${round}\n` });
    const isDone = await tried(() => repo.git("add", "--", path));
    if (!isDone) continue;
    if (await tried(() => repo.git("commit", "-q", "-m", `User ${round}`, "--only", "--", path))) {
      committed.push(`User ${round}`);
    }
    await othersEnd(done, 1, untilMs);
  }
  return committed;
}

/** A git that packs, as the user's own or the one of `maintenance` does. Returns how often it did. */
async function collect(repo: TempRepo, done: Done, untilMs: number): Promise<number> {
  let collected = 0;
  while (performance.now() < untilMs) {
    if (await tried(() => repo.git("gc", "--quiet"))) collected += 1;
    await othersEnd(done, GC_EVERY, untilMs);
  }
  return collected;
}

async function othersEnd({ issued }: Done, count: number, untilMs: number): Promise<void> {
  const seen = issued.length;
  const isNext = (): boolean => issued.length >= seen + count || performance.now() >= untilMs;
  await eventually(`${count} more commands have ended`, [], isNext, FOR_MS + COMMAND_LIMIT_MS);
}

async function tried(doing: () => Promise<unknown>): Promise<boolean> {
  for (let n = 0; n < 100; n += 1) {
    try {
      await doing();
      return true;
    } catch (error) {
      if (!(error instanceof Error) || !/index\.lock|cannot lock ref/.test(error.message)) throw error;
    }
  }
  return false;
}

interface Listed {
  readonly id: string;
  readonly status: string;
  readonly ready: boolean;
}

const names = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

test.runIf(process.env["CHANT_UNDER_TEST"] === "exe")(
  `${PROCESSES} processes issue any commands on one repository beside a watch, its user and gc`,
  { timeout: FOR_MS * 3 + 240_000 + SPECS * A_SPEC_MS },
  async () => {
    const seed = seedOf("MANY_COMMANDS_SEED");
    const random = randomFrom(seed);
    const specs = drafts(random);
    await using repo = await tempProject({ specs, config: "watch: { idle_timeout_minutes: 0 }\n" });
    const done: Done = { ids: new Set(Object.keys(specs)), added: [], ticked: new Set(), issued: [] };
    const watch = startChant(repo, ["watch"]);
    await eventually("the watch is there", [], () => repo.has(".chant/watch.pid"));
    const untilMs = performance.now() + FOR_MS;
    const hands = Array.from({ length: PROCESSES }, async (_, at) => {
      const own = randomFrom(seed + at + 1);
      while (performance.now() < untilMs) await issue(repo, own, done);
    });
    const [committed, collected] = await Promise.all([
      commit(repo, done, untilMs),
      collect(repo, done, untilMs),
      ...hands,
    ]);
    watch.kill("SIGTERM");
    const watched = await watch.ended;
    expect({ status: watched.status, said: watched.status === 143 ? "" : watched.stderr }).toEqual({
      status: 143,
      said: "",
    });
    const landedByWatch = watched.stdout.split("\n").filter((line) => / merged to /.test(line)).length;
    process.stdout.write(
      `many-commands: ${figures(seed, done, committed)}, ${collected} gc, ${landedByWatch} landings by the watch\n`,
    );

    // Refusals are plain, and a lock that is held names its holder.
    const odd = done.issued.filter(({ status }) => ![0, 1, 2, 75].includes(status ?? -1));
    expect(odd).toEqual([]);
    const dumb = done.issued.filter(({ status, said }) => status !== 0 && said.trim() === "");
    expect(dumb).toEqual([]);
    const nameless = done.issued.filter(
      ({ status, said }) =>
        status === 75 &&
        !/\bprocess \d+|local changes (?:\(|in )|index\.lock|keeps moving|which is done with it/.test(said),
    );
    expect(nameless).toEqual([]);

    await settle(repo, 120_000 + done.ids.size * A_SPEC_MS);
    await expectAllIsWell(repo, done, committed);
    const subjects = new Set((await repo.git("log", "--format=%s")).split("\n"));
    counted("many commands at once", {
      processes: PROCESSES,
      commands: done.issued.length,
      "user commits": committed.length,
      "times gc": collected,
      "landings by the watch": landedByWatch,
      "lost commits": committed.filter((subject) => !subjects.has(subject)).length,
    });
  },
);

function figures(seed: number, done: Done, committed: readonly string[]): string {
  const by = new Map<string, number>();
  for (const { status } of done.issued) by.set(String(status), (by.get(String(status)) ?? 0) + 1);
  const ends = [...by].map(([status, count]) => `${count} x ${status}`).join(", ");
  return `seed ${seed}: ${done.issued.length} commands (ended with ${ends}), ${committed.length} user commits`;
}

/** Brings everything to its end: what can land has landed, what could start has been started. */
async function settle(repo: TempRepo, limitMs: number): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const { status, stderr } = await chant(repo, ["work", "--parallel=4"], { limitMs });
    if (![0, 1].includes(status ?? -1)) throw new Error(`work ended with ${status}: ${stderr}`);
    const specs = await chantJson<readonly Listed[]>(repo, ["list", "--all"]);
    // Without a member the driver is a spec like any other, of which its agent can make nothing.
    if (!specs.some((spec) => (spec.ready && spec.id !== DRIVER) || spec.status === "in_progress")) break;
    if (round === 10) throw new Error(`It is never quiet: ${JSON.stringify(specs)}`);
  }
  await chantOk(repo, ["watch", "--once"]).catch(() => "a run that failed for good is no fault here");
  await repo.quiet();
}

async function expectAllIsWell(repo: TempRepo, done: Done, committed: readonly string[]): Promise<void> {
  expect(await repo.git("fsck", "--no-dangling", "--no-progress")).toBe("");
  const subjects = (await repo.git("log", "--format=%s")).split("\n");
  expect(subjects.filter((line) => line.startsWith("User ")).toSorted()).toEqual(committed.toSorted());

  // Nothing that was reported as done is gone.
  const listed = await chantJson<readonly Listed[]>(repo, ["list", "--all"]);
  expect(new Set(done.added).size).toBe(done.added.length);
  for (const each of done.ids) {
    const shown = await chantJson<{ status: string }>(repo, ["show", each]);
    const why = await chantOk(repo, ["why", each]);
    expect({ each, shown: shown.status, why }).not.toMatchObject({ shown: "broken" });
    expect(why.split("\n").length).toBeGreaterThan(1);
  }
  const criteria = await chantJson<{ criteriaList: readonly { number: number; ticked: boolean }[] }>(repo, [
    "show",
    TICKED,
  ]);
  const ticked = criteria.criteriaList.filter((each) => each.ticked).map((each) => each.number);
  expect(ticked).toEqual([...done.ticked].toSorted((a, b) => a - b));

  // Every run landed at most once.
  const runs = (await repo.git("log", "--format=%(trailers:key=Chant-Run,valueonly,separator=%x2C)"))
    .split("\n")
    .filter((line) => line !== "");
  expect(runs.length).toBe(new Set(runs).size);

  // What is left belongs to specs that wait for a person, and nothing is half done.
  const waiting = new Set(
    listed
      .filter(({ status }) => ["failed", "needs_attention", "paused"].includes(status))
      .map((spec) => spec.id),
  );
  const own = join(repo.path, ".git", "chant");
  const records = (await names(join(own, "runs"))).map((name) => name.replace(/\.json$/, ""));
  const branches = (await repo.branches())
    .filter((name) => name.startsWith("chant/"))
    .map((name) => name.slice(6));
  const folders = (await names(repo.worktrees)).map((name) => name.replace(/^chant-/, ""));
  expect(records.filter((each) => !waiting.has(each))).toEqual([]);
  expect(branches.filter((each) => !waiting.has(each))).toEqual([]);
  expect(folders.filter((each) => !waiting.has(each))).toEqual([]);
  expect(await names(join(repo.path, ".chant", ".locks"))).toEqual([]);
  const halfDone = [...(await names(own)), ...(await names(join(repo.path, ".git")))];
  expect(
    halfDone.filter((name) => /^(landing\.json|index\.lock|chant-index-.*|\.tmp-.*)$/.test(name)),
  ).toEqual([]);
}
