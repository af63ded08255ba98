import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

/** Leaves half of its work uncommitted and waits; when it is started again, it finds that and finishes. */
const script = `echo "$CHANT_ATTEMPT $PWD" >>"$CHANT_HOME/../starts"
if [ ! -e half.txt ]; then
  echo half >half.txt
  setsid sleep 600 &
  echo $$ >"$CHANT_HOME/../pid"
  while :; do sleep 0.05; done
fi
rm half.txt
${goodScript("a.txt")}`;
const spec: SpecDraft = { title: "A", script };

const atWork = (repo: TempRepo): Promise<true> =>
  eventually("its agent works", [repo.root], () => repo.has("../pid") || undefined);

async function snapshotFiles(repo: TempRepo): Promise<string> {
  const refs = await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${A}`);
  const trees = refs.split("\n").filter((ref) => ref !== "");
  return (await Promise.all(trees.map((ref) => repo.git("ls-tree", "--name-only", ref)))).join("\n");
}

/** Its processes are gone, all that it did is there, and it goes on to its end in the same attempt. */
async function expectPausedAndWhole(repo: TempRepo): Promise<void> {
  await repo.quiet();
  expect(await statusOn(repo, A)).toBe("paused");
  expect(await repo.status()).toBe("");
  expect(await readdir(join(repo.path, ".chant", ".locks")).catch(() => [])).toEqual([]);
  expect(await snapshotFiles(repo)).toContain("half.txt");
  const { run } = await chantJson<{ run: { state: string; worktree: string; attempt: number } }>(repo, [
    "show",
    "aaa",
  ]);
  expect(run).toMatchObject({ state: "parked", attempt: 1 });
  expect(await readdir(run.worktree)).toContain("half.txt");
  const resumed = await chant(repo, ["resume", "aaa", "--work"]);
  expect(resumed).toMatchObject({ status: 0, stdout: `${A} has landed.\n` });
  const starts = (await repo.read("../starts")).trim().split("\n");
  expect(starts).toEqual([`1 ${run.worktree}`, `1 ${run.worktree}`]);
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
}

test("a running spec: nothing of its agent is left, work ends, and resume goes on in the same attempt", async () => {
  await using repo = await tempProject({ specs: { [A]: spec } });
  const work = startChant(repo, ["work"]);
  await atWork(repo);
  expect(await chant(repo, ["pause", "aaa"])).toMatchObject({
    status: 0,
    stdout: `${A} is paused; go on with: chant resume ${A}\n`,
  });
  expect((await work.ended).status).toBe(0);
  expect(await chantOk(repo, ["why", "aaa"])).toContain("It is paused: a person paused it.");
  expect(await chantOk(repo, ["list"])).toContain("paused");
  expect(await chantOk(repo, ["status"])).toContain(`Paused (chant resume ID):\n  ${A}`);
  // Nobody takes it up meanwhile.
  await chant(repo, ["work"]);
  await chantOk(repo, ["watch", "--once"]);
  const again = await chant(repo, ["pause", "aaa"]);
  expect(again).toMatchObject({ status: 1, stdout: "" });
  expect(again.stderr).toContain(
    `chant resume ${A}, chant finalize ${A}, chant reset ${A}, chant cancel ${A}`,
  );
  await expectPausedAndWhole(repo);
});

/** Where pause dies, and what comes after it; each build takes half of them. */
const DEATHS = [
  ["exe", "claim.record:after", "watch --once"],
  ["exe", "stop.agent:after", "pause aaa"],
  ["exe", "publish.ref:before", "watch --once"],
  ["node", "stop.ask:before", "pause aaa"],
  ["node", "park.record:before", "watch --once"],
  ["node", "publish.ref:after", "pause aaa"],
] as const;
const UNDER_TEST = process.env["CHANT_UNDER_TEST"];

for (const [, point, then] of DEATHS.filter(([build]) => build === UNDER_TEST)) {
  test(`kill -9 of pause at ${point}, then ${then}: the same end`, async () => {
    await using repo = await tempProject({ specs: { [A]: spec } });
    const once = join(repo.root, "once");
    const work = startChant(repo, ["work"]);
    await atWork(repo);
    await writeFile(once, "");
    await chant(repo, ["pause", "aaa"], { env: { CHANT_FAIL: point, CHANT_FAIL_ONCE: once } });
    expect(repo.has("../once"), "the effect was met").toBe(false);
    await work.ended;
    await chant(repo, then.split(" "));
    await expectPausedAndWhole(repo);
  });
}

test("its runner was killed, and pause is killed too while it keeps what is left: the same end", async () => {
  await using repo = await tempProject({ specs: { [A]: spec } });
  const work = startChant(repo, ["work"]);
  await atWork(repo);
  work.kill("SIGKILL");
  await work.ended;
  const [run = ""] = await readdir(join(repo.path, ".git/chant/work"));
  const runner = JSON.parse(await repo.read(`.git/chant/work/${run}/runner-1.json`)) as { pid: number };
  process.kill(runner.pid, "SIGKILL");
  const once = join(repo.root, "once");
  await writeFile(once, "");
  const env = { CHANT_FAIL: "pause.launch:after", CHANT_FAIL_ONCE: once };
  await chant(repo, ["pause", "aaa"], { env });
  expect(repo.has("../once"), "the effect was met").toBe(false);
  expect(await chant(repo, ["pause", "aaa"])).toMatchObject({ status: 0 });
  await expectPausedAndWhole(repo);
});

test("a landing that waits is held back until it is resumed, whatever the user's edits do", async () => {
  await using repo = await tempProject({
    files: { "a.txt": "before\n" },
    specs: { [A]: { title: "A", script: goodScript("a.txt") } },
  });
  await repo.write({ "a.txt": "mine\n" });
  expect(await chant(repo, ["work"])).toMatchObject({ status: 75 });
  expect(await chantJson(repo, ["pause", "aaa"])).toMatchObject({ id: A, status: "paused" });
  await repo.git("checkout", "-q", "a.txt");
  await chantOk(repo, ["watch", "--once"]);
  expect(await statusOn(repo, A)).toBe("paused");
  expect(await chantOk(repo, ["resume", "aaa", "--work"])).toBe(`${A} has landed.\n`);
  expect((await landings(repo)).get(A)).toBe(1);
  await expectNoTraces(repo);
});

test("a retry that is due later waits for the person instead, and is its own attempt when it is resumed", async () => {
  const failing = `echo "$CHANT_ATTEMPT" >>"$CHANT_HOME/../attempts"
[ "$CHANT_ATTEMPT" = 2 ] || { echo "Error: rate_limit_exceeded"; exit 1; }
${goodScript("a.txt")}`;
  await using repo = await tempProject({
    specs: { [A]: { title: "A", script: failing } },
    config: "watch: { failure: { retry_delay_ms: 600000, max_delay_ms: 600000 } }\n",
  });
  const work = startChant(repo, ["work"]);
  await eventually("its retry is scheduled", [], async () =>
    (await chantOk(repo, ["why", "aaa"])).includes("is due at"),
  );
  await chantOk(repo, ["pause", "aaa"]);
  expect((await work.ended).status).toBe(0);
  expect(await statusOn(repo, A)).toBe("paused");
  expect(await chantOk(repo, ["resume", "aaa", "--work"])).toBe(`${A} has landed.\n`);
  expect(await repo.read("../attempts")).toBe("1\n2\n");
  await expectNoTraces(repo);
});

test("what cannot be paused is refused with what is possible, and nothing of the others is stopped", async () => {
  await using repo = await tempProject({ specs: { [A]: spec, [B]: { title: "B" } } });
  const work = startChant(repo, ["work", A]);
  await atWork(repo);
  const refused = await chant(repo, ["pause", "aaa", "bbb"]);
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(`${B} is pending, and from there "pause" is not possible.`);
  expect(refused.stderr).toContain(`chant work ${B}`);
  expect(await chantOk(repo, ["why", "aaa"])).toContain("agent is alive");
  for (const word of ["zzz", "../aaa", "a/b"]) {
    expect(await chant(repo, ["pause", word])).toMatchObject({ status: 1, stdout: "" });
  }
  expect(await chant(repo, ["pause"])).toMatchObject({ status: 2, stdout: "" });
  await chantOk(repo, ["cancel", "aaa"]);
  await work.ended;
  await expectNoTraces(repo);
});

test("work of one's own in the checkout: paused and resumed without a run", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A" } } });
  await chantOk(repo, ["start", "aaa", "--here"]);
  await chantOk(repo, ["pause", "aaa"]);
  expect(await statusOn(repo, A)).toBe("paused");
  expect(await chantOk(repo, ["resume", "aaa"])).toContain("in progress again");
  expect(await statusOn(repo, A)).toBe("in_progress");
});
