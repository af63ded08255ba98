import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { triesOf } from "../../kit/tries.ts";
import { numberOf, randomFrom } from "../../kit/random.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import { canTrace, killAt, momentsOf, type Moment } from "../../kit/strace.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

/** chant is killed as it makes some call of the system: at each with FAULTS=all, otherwise at some of them. */
const IS_ALL = process.env["FAULTS"] === "all";
const SEED = numberOf("FAULTS_SEED", 1);

const A = "2026-01-01-001-abc";

interface Story {
  readonly name: string;
  readonly spec: SpecDraft;
  /** What comes before the command that is killed. */
  readonly before: (repo: TempRepo) => Promise<unknown>;
  readonly command: readonly string[];
  /** What may be said to the same command once more, besides that it is done: it was done before the kill. */
  readonly refusal?: RegExp;
  readonly sample: number;
  readonly end: (repo: TempRepo) => Promise<void>;
}

const STORIES: readonly Story[] = [
  {
    name: "start, worktree, landing and clean up",
    spec: { title: "One", script: goodScript("one.txt") },
    before: () => Promise.resolve(),
    command: ["work"],
    sample: 4,
    end: async (repo) => {
      expect(await statusOn(repo, A)).toBe("completed");
      expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
      expect(await repo.read("one.txt")).toBe("done\n");
    },
  },
  {
    name: "a failed run that is reset",
    spec: { title: "One", script: "echo half >half.txt; exit 3" },
    before: (repo) => chant(repo, ["work"]),
    command: ["reset", A],
    refusal: /is pending/,
    sample: 1,
    end: async (repo) => {
      expect(await statusOn(repo, A)).toBe("pending");
      const refs = await repo.git("for-each-ref", "--format=%(refname)", "refs/chant/snapshots");
      const kept = await Promise.all(
        refs.split("\n").map((ref) => repo.git("ls-tree", "--name-only", ref, "half.txt")),
      );
      expect(kept).toContain("half.txt");
    },
  },
  {
    name: "archive",
    spec: { title: "Done", status: "completed", front: "completed_at: 2026-01-10T00:00:00Z\n" },
    before: () => Promise.resolve(),
    command: ["archive", A],
    refusal: /in the archive|archived/,
    sample: 1,
    end: async (repo) => {
      expect((await repo.git("ls-files", ".chant/specs", ".chant/archive")).split("\n")).toEqual([
        `.chant/archive/2026/01/${A}.md.gz`,
      ]);
      expect(await chantOk(repo, ["show", A])).toContain("(archived)");
    },
  },
];

async function prepared(story: Story): Promise<TempRepo> {
  const repo = await tempProject({ specs: { [A]: story.spec } });
  await story.before(repo);
  return repo;
}

async function allMoments(story: Story): Promise<readonly Moment[]> {
  await using repo = await prepared(story);
  return await momentsOf(repo, story.command);
}

function drawn(moments: readonly Moment[], count: number): readonly Moment[] {
  const random = randomFrom(SEED);
  const left = [...moments];
  return Array.from({ length: count }, () => left.splice(random.below(left.length), 1)).flat();
}

async function expectSameEnd(repo: TempRepo, { command, refusal, end }: Story): Promise<void> {
  const again = await chant(repo, command);
  if (again.status !== 0) {
    expect({ status: again.status, stderr: again.stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(refusal ?? /^$/) as unknown,
    });
    // What was decided before the kill and not cleared away yet is for whoever comes next.
    await chantOk(repo, ["watch", "--once"]);
  }
  await clearStrays(repo);
  await expectNoTraces(repo);
  await end(repo);
}

/** A file that was written aside and never put in place is for cleanup, once its writer is gone for sure. */
async function clearStrays(repo: TempRepo): Promise<void> {
  const strays = async (): Promise<readonly string[]> => {
    const names = await readdir(repo.path, { recursive: true });
    return names.filter((name) => /(?:^|\/)\.tmp-[^/]*$|\.tmp-gz$/.test(name));
  };
  const found = await strays();
  if (found.length === 0) return;
  for (const name of found) await utimes(join(repo.path, name), 0, 0);
  await chantOk(repo, ["cleanup", "--yes"]);
  expect(await strays()).toEqual([]);
}

const tries = triesOf("kill -9 of work, reset or archive at a system call that changes files");
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";
if (isHere && !canTrace()) {
  process.stderr.write("Skipped: kills at calls of the system, as strace is missing.\n");
}

test.runIf(isHere && canTrace()).each(STORIES.map((story) => [story.name, story] as const))(
  `kill -9 among the system calls of: %s (seed ${SEED})`,
  { timeout: 3_600_000 },
  async (_name, story) => {
    const moments = await allMoments(story);
    expect(moments.length).toBeGreaterThan(30);
    let kills = 0;
    const failed: { readonly moment: Moment; readonly error: unknown }[] = [];
    for (const moment of IS_ALL ? moments : drawn(moments, story.sample)) {
      await using repo = await prepared(story);
      if (!(await killAt(repo, story.command, moment))) continue;
      kills += 1;
      const cameThrough = tries.begin();
      await expectSameEnd(repo, story).then(cameThrough, (error: unknown) => {
        failed.push({ moment, error });
      });
    }
    expect(failed).toEqual([]);
    expect(kills).toBeGreaterThan(0);
  },
);
