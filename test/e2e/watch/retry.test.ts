import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

const config = (failure: string): string =>
  `watch: { poll_interval_ms: 20, idle_timeout_minutes: 0.003, failure: { max_retries: 2, ${failure} } }\n`;
const SOON = config("retry_delay_ms: 50, jitter: 0");

/** Fails with a limit as often as told, then does its work. */
const limited = (times: number): string =>
  `echo "$CHANT_ATTEMPT $PWD" >>"$CHANT_HOME/../attempts"
if [ "$CHANT_ATTEMPT" -le ${times} ]; then printf 'rate_\\033[31mlimit\\007\\n'; echo "error: RATE_LIMIT exceeded"; exit 1; fi
${goodScript("a.txt")}`;

/** Starts a spec under a \`work\` that is killed, so that watch has it. */
async function abandoned(repo: Awaited<ReturnType<typeof tempProject>>, ids = [A]): Promise<void> {
  const work = startChant(repo, ["work", "--parallel=4"]);
  await eventually("the agents work", [], async () => {
    const runs = (await chantJson<{ runs: { id: string }[] }>(repo, ["status"])).runs;
    return ids.every((id) => runs.some((run) => run.id === id));
  });
  await eventually("they wait", [repo.root], () => repo.has("../here"));
  work.kill("SIGKILL");
  await work.ended;
  await repo.write({ "../go": "" });
}

const held = (script: string): string =>
  `touch "$CHANT_HOME/../here"\nwhile [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.02; done\n${script}`;

const expectNoControls = (text: string): void => {
  for (const control of ["\u0007", "\u001b"]) expect(text).not.toContain(control);
};

test("a limit is waited for, in the same worktree, and then it lands", async () => {
  await using repo = await tempProject({
    config: SOON,
    specs: { [A]: { title: "A", script: held(limited(1)) } },
  });
  await abandoned(repo);
  const { status, stdout } = await chant(repo, ["watch"]);
  expect({ status, stdout: status === 0 ? "" : stdout }).toEqual({ status: 0, stdout: "" });
  const words = stdout.split("\n").map((line) => line.slice(11));
  expect(stdout).toMatch(new RegExp(`${A} retry scheduled \\(1/2\\) in \\d+ms\n`));
  expect(words.filter((line) => line.endsWith("merged to main ✓"))).toHaveLength(1);
  expect(words).toContain(`${A} resuming...`);
  expect(words.findIndex((line) => line.includes("resuming"))).toBeGreaterThan(
    words.findIndex((line) => line.includes("retry scheduled")),
  );
  const attempts = (await repo.read("../attempts")).trimEnd().split("\n");
  expect(attempts.map((line) => line.split(" ")[0])).toEqual(["1", "2"]);
  expect(new Set(attempts.map((line) => line.split(" ")[1])).size).toBe(1);
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
});

test("retries that are used up leave it to a person, and watch ends with 1", async () => {
  await using repo = await tempProject({
    config: SOON,
    specs: { [A]: { title: "A", script: held(limited(9)) } },
  });
  await abandoned(repo);
  const { status, stdout } = await chant(repo, ["watch"]);
  expect(status).toBe(1);
  expect(stdout).toContain(`${A} retry scheduled (2/2)`);
  expect(stdout).toContain(`${A} needs attention: `);
  expect(stdout).toContain("exiting");
  expect(await repo.read("../attempts")).toMatch(/^1 .*\n2 .*\n3 .*\n$/);
  expect(await statusOn(repo, A)).toBe("needs_attention");
  await repo.quiet();
});

test("a failure that matches nothing needs attention at once; what an agent said is escaped", async () => {
  const script = held("printf '{\"bad\\033[2Jtext\\007\"}\\n'\nexit 7");
  await using repo = await tempProject({ config: SOON, specs: { [A]: { title: "A", script } } });
  await abandoned(repo);
  const { status, stdout } = await chant(repo, ["watch"]);
  expect(status).toBe(1);
  expect(stdout).not.toContain("retry scheduled");
  expect(stdout).toMatch(new RegExp(`${A} needs attention: .*code 7`));
  expectNoControls(stdout + (await repo.read(".chant/logs/watch.log")));
  expect(await statusOn(repo, A)).toBe("needs_attention");
});

test("control characters in what an agent reports are shown escaped", async () => {
  const report =
    '{"spec_id":"%s","status":"failed","updated_at":"%s","error":"it \\\\u001b[2J\\\\u0007broke","commits":[]}';
  const script = held(
    `printf '${report}' "$CHANT_SPEC_ID" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >.chant-status.json\nexit 1`,
  );
  await using repo = await tempProject({ config: SOON, specs: { [A]: { title: "A", script } } });
  await abandoned(repo);
  const { stdout } = await chant(repo, ["watch"]);
  expect(stdout).toContain("needs attention");
  expect(stdout).toContain("\\x1b[2J\\x07broke");
  expectNoControls(stdout + (await repo.read(".chant/logs/watch.log")));
});

test("on_permanent_failure: stop ends it with 1, and what runs goes on", async () => {
  const slow = 'while [ ! -e "$CHANT_HOME/../later" ]; do sleep 0.02; done';
  await using repo = await tempProject({
    config: config("on_permanent_failure: stop"),
    specs: {
      [A]: { title: "A", script: held("exit 7") },
      [B]: { title: "B", script: `${slow}\n${goodScript("b.txt")}` },
    },
  });
  await abandoned(repo, [A, B]);
  const { status, stdout } = await chant(repo, ["watch"]);
  expect(status).toBe(1);
  expect(stdout).toContain(`Stopping: ${A} failed for good`);
  expect(repo.has(".chant/watch.pid")).toBe(false);
  await repo.write({ "../later": "" });
  await repo.quiet();
  expect(await chant(repo, ["watch", "--once"])).toMatchObject({ status: 0 });
  expect(await repo.read("b.txt")).toBe("done\n");
});

test("the schedule survives kill -9 of watch", async () => {
  await using repo = await tempProject({
    config: config("retry_delay_ms: 1500, jitter: 0"),
    specs: { [A]: { title: "A", script: held(limited(1)) } },
  });
  await abandoned(repo);
  const first = startChant(repo, ["watch"]);
  await first.printed((stdout) => stdout.includes("retry scheduled (1/2)"));
  first.kill("SIGKILL");
  await first.ended;
  const { retries } = await chantJson<{ retries: { id: string; n: number; atMs: number }[] }>(repo, [
    "watch",
    "status",
  ]);
  expect(retries).toMatchObject([{ id: A, n: 1 }]);
  expect(await chantOk(repo, ["status"])).toMatch(
    new RegExp(`^Retries:\\n  ${A}  retry 1 of 2, due (in \\S+|now): .*exited with code 1`, "m"),
  );
  expect(await chantOk(repo, ["watch", "--once"])).toContain("Stale pid file removed");
  const kept = await chantJson<{ retries: { atMs: number }[] }>(repo, ["watch", "status"]);
  expect(kept.retries[0]?.atMs).toBe(retries[0]?.atMs);
  const second = await chant(repo, ["watch", "--poll-interval", "20"]);
  expect(second.status).toBe(0);
  expect(second.stdout).not.toContain("retry scheduled");
  expect(second.stdout).toContain(`${A} resuming...\n`);
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
});
