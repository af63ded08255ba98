import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const WAITS = "its result is not approved yet";
const ME = "Test User <test@example.com>";

interface Run {
  readonly run: {
    readonly state: string;
    readonly worktree: string;
    readonly base: string;
    readonly tip: string;
  };
}

test("what a run made lands once it is approved, and only the commit that was judged", async () => {
  await using repo = await tempProject({
    config: "approval: { result: true }\nwatch: { poll_interval_ms: 20, idle_timeout_minutes: 0.005 }\n",
    specs: { [A]: { title: "A", script: goodScript("a.txt") }, [B]: { title: "B", dependsOn: [A] } },
  });
  const early = await chant(repo, ["approve", "aaa", "--result"]);
  expect(early).toMatchObject({ status: 1, stdout: "" });
  const work = await chant(repo, ["work", "aaa"]);
  expect(work).toMatchObject({
    status: 75,
    stderr: expect.stringContaining(`${A} waits: ${WAITS}`) as string,
  });
  expect(work.stdout).toContain(`Done, and waiting for a person:\n  ${A}: ${WAITS}\n    $ chant why ${A}\n`);
  expect(repo.has("a.txt")).toBe(false);
  expect(await chantOk(repo, ["list"])).toContain(WAITS);
  expect(await chantOk(repo, ["why", "aaa"])).toContain(`  $ chant approve ${A} --result\n`);
  // It keeps no watch up, and is still there for the next one.
  const record = join(repo.path, ".git", "chant", "runs", `${A}.json`);
  for (const _again of [1, 2]) {
    expect(await chant(repo, ["watch"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Idle") as string,
    });
    expect(await readFile(record, "utf8")).toContain(WAITS);
  }

  // Somebody adds to the branch: that is judged, and approved, anew.
  const { run } = await chantJson<Run>(repo, ["show", "aaa"]);
  await repo.gitIn(run.worktree, "commit", "-q", "--allow-empty", "-m", "One more");
  const moved = await chant(repo, ["approve", "aaa", "--result"]);
  expect(moved).toMatchObject({ status: 1, stdout: "" });
  expect(moved.stderr).toContain(`chant merge ${A}`);
  expect(await chant(repo, ["work", "aaa"])).toMatchObject({ status: 75 });
  expect(await chantOk(repo, ["why", "aaa"])).toContain("it must be judged again");
  expect(await chant(repo, ["merge", "aaa"])).toMatchObject({ status: 75 });
  expect(await statusOn(repo, A)).toBe("in_progress");

  const now = await chantJson<Run>(repo, ["show", "aaa"]);
  expect(await chantOk(repo, ["approve", "aaa", "--result"])).toBe(
    `${A} changes 2 files (git diff ${now.run.base.slice(0, 12)} ${now.run.tip.slice(0, 12)}):
  .chant/specs/${A}.md  +1 -1
  a.txt                               +1 -0
Its result is approved by ${ME}.
${A} has landed.
`,
  );
  expect((await landings(repo)).get(A)).toBe(1);
  expect((await repo.git("log", "--format=%(trailers:key=Approved-by,valueonly)")).trim()).toBe(ME);
  await expectNoTraces(repo);
});

test("a rejected result needs attention for that reason, and what comes after it needs a new approval", async () => {
  const script = `echo "$CHANT_ATTEMPT" >a.txt\nchant tick --all`;
  await using repo = await tempProject({
    specs: { [A]: { title: "A", front: "approval:\n  result: true\n", script } },
  });
  await chant(repo, ["work"]);
  expect(await chant(repo, ["reject", "aaa", "--result", "--reason", " "])).toMatchObject({
    status: 2,
    stdout: "",
  });
  expect(
    await chant(repo, ["reject", "aaa", "--result", "--reason", "It is slow", "--by", "Ann"]),
  ).toMatchObject({
    status: 0,
  });
  expect(await statusOn(repo, A)).toBe("needs_attention");
  expect(await chantOk(repo, ["why", "aaa"])).toContain("its result was rejected by Ann: It is slow");
  expect(await chant(repo, ["approve", "aaa", "--result"])).toMatchObject({ status: 1, stdout: "" });
  expect(await chant(repo, ["resume", "aaa", "--work"])).toMatchObject({ status: 75 });
  expect(await chantOk(repo, ["list"])).toContain("its result was changed after it was rejected by Ann");
  await chantOk(repo, ["approve", "aaa", "--result"]);
  expect(await repo.read("a.txt")).toBe("2\n");
  await expectNoTraces(repo);
});

test("an approval reaches a run that a living watch carries, and lands at once", async () => {
  await using repo = await tempProject({
    config: "approval: { result: true }\nwatch: { poll_interval_ms: 20, idle_timeout_minutes: 0 }\n",
    specs: { [A]: { title: "A", script: goodScript("a.txt") } },
  });
  const watch = startChant(repo, ["watch"]);
  await watch.printed((stdout) => stdout.includes("waiting..."));
  expect(await chant(repo, ["work", "aaa"])).toMatchObject({ status: 75 });
  const record = join(repo.path, ".git", "chant", "runs", `${A}.json`);
  await eventually("the watch takes it over", [], async () =>
    (await readFile(record, "utf8")).includes(`"pid": ${watch.pid}`),
  );
  const [decided] = await chantJson<readonly { outcome: { kind: string } }[]>(repo, [
    "approve",
    "aaa",
    "--result",
  ]);
  expect(decided?.outcome.kind).toBe("landed");
  await chantOk(repo, ["watch", "stop"]);
  await watch.ended;
  await expectNoTraces(repo);
});

test("a kill in the middle of an approval loses nothing: the next watch, or the same command, goes on", async () => {
  for (const point of ["claim.record:after", "publish.ref:after"]) {
    await using repo = await tempProject({
      config: "approval: { result: true }\n",
      specs: { [A]: { title: "A", front: "approval:\n  required: true\n", script: goodScript("a.txt") } },
    });
    const dies = { env: { CHANT_FAIL: point } };
    const approval = point.startsWith("publish") ? await chant(repo, ["approve", "aaa"], dies) : undefined;
    if (approval !== undefined) expect(approval.signal).toBe("SIGKILL");
    await chantOk(repo, ["approve", "aaa"]);
    expect(await repo.status()).toBe("");
    expect(await repo.git("log", "--format=%s", "--grep", "^Approve")).toBe(`Approve ${A}`);
    expect(await chant(repo, ["work"])).toMatchObject({ status: 75 });
    expect(await chant(repo, ["approve", "aaa", "--result"], dies)).toMatchObject({ signal: "SIGKILL" });
    expect(await chant(repo, ["watch", "--once"])).toMatchObject({ status: 0 });
    expect((await landings(repo)).get(A), point).toBe(1);
    await expectNoTraces(repo);
  }
});
