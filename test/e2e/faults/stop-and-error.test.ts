import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { EFFECTS_OF_WORK, SIDES } from "../../kit/effects.ts";
import { eventually } from "../../kit/eventually.ts";
import { triesOf } from "../../kit/tries.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";

/** At each of these moments a process stops for a while, or its code throws. */
const MOMENTS = EFFECTS_OF_WORK.flatMap((name) => SIDES.map((side) => `${name}:${side}`));

const project = async (): Promise<TempRepo> => {
  const repo = await tempProject({
    specs: { [A]: { title: "One", script: goodScript("one.txt") } },
    worktree: "ports: 1",
  });
  await writeFile(join(repo.root, "once"), "");
  return repo;
};

const failAt = (repo: TempRepo, point: string, action: "stop" | "error"): NodeJS.ProcessEnv => ({
  CHANT_FAIL: `${point}:${action}`,
  CHANT_FAIL_ONCE: join(repo.root, "once"),
});

async function expectTheSameEnd(repo: TempRepo): Promise<void> {
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
  expect(await repo.read("one.txt")).toBe("done\n");
}

/** The processes of a repository that are stopped, by the letter T of the kernel's own state. */
const stopped = (repo: TempRepo): readonly number[] =>
  repo
    .processes()
    .map(({ pid }) => pid)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
      } catch {
        return false;
      }
    });

/** The effects and what recovers from them are the same code in both builds. */
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";
const isLinux = process.platform === "linux";
const stops = triesOf("SIGSTOP at an effect of work");
const errors = triesOf("error at an effect of work");

test.runIf(isHere && isLinux).each(MOMENTS)(
  "stopped at %s: others can look, and once it goes on the end is the same",
  async (point) => {
    await using repo = await project();
    const running = startChant(repo, ["work"], { env: failAt(repo, point, "stop") });
    const cameThrough = stops.begin();
    const [pid] = await eventually("a process has stopped", [], () => {
      const pids = stopped(repo);
      return pids.length > 0 && pids;
    });
    expect(await chantOk(repo, ["list", "--all"])).toContain(A);
    expect(await chantOk(repo, ["why", A])).toContain(A);
    process.kill(pid ?? 0, "SIGCONT");
    const { status, stderr } = await running.ended;
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    await expectTheSameEnd(repo);
    cameThrough();
  },
);

test.runIf(isHere).each(MOMENTS)(
  "an error at %s, then work again: the same end as without",
  async (point) => {
    await using repo = await project();
    await chant(repo, ["work"], { env: failAt(repo, point, "error") });
    expect(repo.has("../once"), "the effect was met").toBe(false);
    const cameThrough = errors.begin();
    const { status, stdout, stderr } = await chant(repo, ["work"]);
    expect({ status, said: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, said: "" });
    await expectTheSameEnd(repo);
    cameThrough();
  },
);
