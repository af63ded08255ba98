import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const ids = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `2026-01-01-${String(at + 1).padStart(3, "0")}-abc`);
const [A = "", B = ""] = ids(2);

/** Writes down which process its runner is: the parent of its wrapper. Only Linux tells. */
const tellRunner = `sed -n 's/^PPid:\\t//p' /proc/$PPID/status >>"$CHANT_HOME/../runners"`;
const told = (repo: TempRepo): readonly string[] =>
  repo.has("../runners") ? readFileSync(join(repo.root, "runners"), "utf8").trim().split("\n") : [];
const runnersOf = (repo: TempRepo): readonly number[] =>
  repo
    .processes()
    .filter(({ command }) => command.includes("__runner"))
    .map(({ pid }) => pid);
const waitFor = (file: string): string => `while [ ! -e "$CHANT_HOME/../${file}" ]; do sleep 0.02; done`;

/** Tells its runner, and does its work once it may. */
const waits = (file: string): string => `${tellRunner}\n${waitFor("go")}\n${goodScript(file)}`;

const onLinux = test.runIf(process.platform === "linux");

onLinux("a runner does one launch after the other, and none is left", async () => {
  const specs = Object.fromEntries(
    ids(6).map((id) => [id, { script: `${tellRunner}\n${goodScript(`${id}.txt`)}` }]),
  );
  await using repo = await tempProject({ specs });
  await chantOk(repo, ["work", "--parallel=2"]);
  expect(told(repo)).toHaveLength(6);
  expect(new Set(told(repo)).size).toBeLessThanOrEqual(2);
  await expectNoTraces(repo);
  expect([...(await landings(repo)).values()]).toEqual([1, 1, 1, 1, 1, 1]);
});

onLinux("one that is killed at its second launch is followed by another, and the agent goes on", async () => {
  const first = `${tellRunner}\n${goodScript("a.txt")}`;
  await using repo = await tempProject({
    specs: { [A]: { script: first }, [B]: { script: waits("b.txt") } },
  });
  const running = startChant(repo, ["work", "--chain"]);
  await eventually("B's agent is at work", [repo.root], () => told(repo).length === 2);
  const [before, now] = told(repo);
  expect(now).toBe(before);
  process.kill(Number(now), "SIGKILL");
  await eventually("another runner follows it", [], () => runnersOf(repo).some((pid) => String(pid) !== now));
  await writeFile(join(repo.root, "go"), "");
  const { status, stderr } = await running.ended;
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  expect(told(repo)).toHaveLength(2);
  await expectNoTraces(repo);
  expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1, [B]: 1 });
});

onLinux("what is done to a spec does not reach the runner that is at another by now", async () => {
  const fails = `${tellRunner}\necho "rate_limit exceeded" >&2; exit 1`;
  await using repo = await tempProject({
    specs: { [A]: { script: fails }, [B]: { script: waits("b.txt") } },
    config: "watch: { failure: { retry_delay_ms: 600000 } }\n",
  });
  const running = startChant(repo, ["work", "--parallel=1"]);
  await eventually("B's agent is at work", [repo.root], () => told(repo).length === 2);
  const [before, now] = told(repo);
  expect(now).toBe(before);
  await chantOk(repo, ["cancel", A, "--yes"]);
  expect(runnersOf(repo).map(String)).toContain(now);
  await writeFile(join(repo.root, "go"), "");
  const { status, stderr } = await running.ended;
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  await expectNoTraces(repo);
  expect([await statusOn(repo, A), await statusOn(repo, B)]).toEqual(["cancelled", "completed"]);
});

onLinux("when their coordinator is killed, runners see their launches to the end and leave", async () => {
  await using repo = await tempProject({
    specs: { [A]: { script: waits("a.txt") }, [B]: { script: waits("b.txt") } },
  });
  const running = startChant(repo, ["work", "--parallel=2"]);
  await eventually("the agents are at work", [repo.root], () => told(repo).length === 2);
  running.kill("SIGKILL");
  await running.ended;
  await writeFile(join(repo.root, "go"), "");
  await repo.quiet();
  for (const id of [A, B]) {
    expect(await repo.read(`../worktrees/chant-${id}/.chant-status.json`)).toContain('"done"');
  }
  await chantOk(repo, ["work"]);
  expect(told(repo)).toHaveLength(2);
  await expectNoTraces(repo);
});

onLinux("a runner without anything to do leaves, while others work on", async () => {
  const quick = `${tellRunner}\n${goodScript("a.txt")}`;
  await using repo = await tempProject({
    specs: { [A]: { script: quick }, [B]: { script: waits("b.txt") } },
  });
  const running = startChant(repo, ["work", "--parallel=2"]);
  await eventually("A has landed", [], async () => (await statusOn(repo, A)) === "completed");
  await eventually("its runner is gone", [], () => runnersOf(repo).length === 1);
  expect(new Set(told(repo)).size).toBe(2);
  await writeFile(join(repo.root, "go"), "");
  expect((await running.ended).status).toBe(0);
  await expectNoTraces(repo);
});
