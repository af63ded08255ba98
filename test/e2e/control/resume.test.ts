import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";

/** Fails on its first attempt, leaving something behind; lands on its second. */
const second = `echo "attempt $CHANT_ATTEMPT in $PWD" >>"$CHANT_HOME/../attempts"
if [ "$CHANT_ATTEMPT" = 1 ]; then echo half >half.txt; exit 3; fi
[ -e half.txt ]
rm half.txt
${goodScript("a.txt")}`;

test("--work goes on in the same worktree as attempt 2, and lands", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: second } } });
  await chant(repo, ["work"]);
  expect(await statusOn(repo, A)).toBe("failed");
  const resumed = await chant(repo, ["resume", "aaa", "--work"]);
  expect(resumed).toMatchObject({ status: 0, stdout: `${A} has landed.\n` });
  expect(resumed.stderr).toContain(`${A} resuming...\n`);
  const [one = "", two = ""] = (await repo.read("../attempts")).split("\n");
  expect([one, two].map((line) => line.split(" ")[1])).toEqual(["1", "2"]);
  expect(one.split(" ")[3]).toBe(two.split(" ")[3]);
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
});

test("without --work it is handed on, and the next work lands it", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: second } } });
  await chant(repo, ["work"]);
  const { stdout, status } = await chant(repo, ["resume", "aaa"]);
  expect({ stdout, status }).toEqual({
    status: 0,
    stdout: `${A} is under way; chant watch or the next chant work carries it on.\n`,
  });
  expect(await statusOn(repo, A)).toBe("in_progress");
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
  expect(await repo.read("a.txt")).toBe("done\n");
});

test("a watch that runs takes it over at once, long before its next look", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: second } } });
  await chant(repo, ["work", "--no-watch"]);
  const watch = startChant(repo, ["watch", "--poll-interval", "3600000"]);
  await eventually("it watches", [], async () => (await chant(repo, ["watch", "status"])).status === 0);
  await chantOk(repo, ["resume", "aaa"]);
  await eventually("it has landed", [], async () => (await statusOn(repo, A)) === "completed");
  await chantOk(repo, ["watch", "stop"]);
  await watch.ended;
  await expectNoTraces(repo);
});

test("cancelled in another terminal meanwhile, it is not said to have landed", async () => {
  const script =
    'touch "$CHANT_HOME/../at-$CHANT_ATTEMPT"\n[ "$CHANT_ATTEMPT" = 1 ] && exit 3\nwhile :; do sleep 0.05; done';
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  await chant(repo, ["work", "--no-watch"]);
  const resume = startChant(repo, ["resume", "aaa", "--work"]);
  await eventually("its agent works", [repo.root], () => repo.has("../at-2"));
  await chantOk(repo, ["cancel", "aaa"]);
  const { status, stdout } = await resume.ended;
  // The other one may still be at it.
  expect({ status, stdout: stdout.replace(/process \d+/, "which is done with it") }).toEqual({
    status: 75,
    stdout: `${A} was taken out of this command's hands by another one, which is done with it; see where it stands: chant why ${A}\n`,
  });
  await expectNoTraces(repo);
});

test("a run that fails again says so and ends with 1; one without a run, or under way, is refused", async () => {
  const wait = 'while [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.02; done\nexit 4';
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: wait } } });
  const pending = await chant(repo, ["resume", "aaa"]);
  expect(pending).toMatchObject({ status: 1, stdout: "" });
  expect(pending.stderr).toContain("hint: ");
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [], async () =>
    (await chantOk(repo, ["why", "aaa"])).includes("agent is alive"),
  );
  const busy = await chant(repo, ["resume", "aaa"]);
  expect(busy).toMatchObject({ status: 75, stdout: "" });
  expect(busy.stderr).toContain(`process ${work.pid}`);
  await repo.write({ "../go": "" });
  await work.ended;
  expect(await chant(repo, ["resume", "aaa", "--work"])).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(new RegExp(`^${A} has failed: .*code 4`)) as string,
  });
  expect(await chantJson(repo, ["resume", "aaa"])).toEqual({ id: A, kind: "handed_on" });
  await chantOk(repo, ["cancel", "aaa"]);
  await expectNoTraces(repo);
});
