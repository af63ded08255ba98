import { expect, test } from "vitest";
import { chant, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const finish =
  'echo done >a.txt\nchant tick --all\ngit add -A\ngit diff --cached --quiet || git commit -q -m "Add a"';

/** The first time it says who it is and waits to be killed; the second time it does its work. */
const killedOnce = (who: string): string =>
  `if [ ! -e "$CHANT_HOME/../pid" ]; then echo half >half.txt; echo ${who} >"$CHANT_HOME/../pid.new"; mv "$CHANT_HOME/../pid.new" "$CHANT_HOME/../pid"; while :; do sleep 1; done; fi\nrm -f half.txt\n${finish}`;

for (const [name, who] of [
  ["the agent itself", "$$"],
  ["its wrapper", "$PPID"],
] as const) {
  test(`kill -9 of ${name}: it is started again at once, and no attempt is used`, async () => {
    await using repo = await tempProject({ specs: { [A]: { title: "A", script: killedOnce(who) } } });
    const running = startChant(repo, ["work", A]);
    await eventually("the agent is at work", [repo.root], () => repo.has("../pid"));
    process.kill(Number(await repo.read("../pid")), "SIGKILL");
    const { status, stdout, stderr } = await running.ended;
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout + stderr).toMatch(/interrupted|killed/);
    await expectNoTraces(repo);
    expect(await statusOn(repo, A)).toBe("completed");
    expect((await landings(repo)).get(A)).toBe(1);
    // What it had half done was kept before it was started again.
    const [snapshot] = (await repo.git("for-each-ref", "--format=%(refname)", "refs/chant/snapshots/")).split(
      "\n",
    );
    expect(await repo.git("show", `${snapshot ?? ""}:half.txt`)).toBe("half");
  });
}

test("an agent that is killed again and again fails with that reason", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: "kill -9 $$" } } });
  const { status } = await chant(repo, ["work", A]);
  expect(status).toBe(1);
  expect(await statusOn(repo, A)).toBe("failed");
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/SIGKILL.*times in a row/);
});

test("everything at once is killed while the agent works: work again carries it on", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: killedOnce("$$") } } });
  const running = startChant(repo, ["work", A]);
  await eventually("the agent is at work", [repo.root], () => repo.has("../pid"));
  running.kill("SIGKILL");
  await running.ended;
  for (const { pid } of repo.processes()) process.kill(pid, "SIGKILL");
  await repo.quiet();
  expect((await chant(repo, ["why", A])).stdout).toMatch(/interrupted|gone/);
  const again = await chant(repo, ["work"]);
  expect({ status: again.status, stderr: again.status === 0 ? "" : again.stderr }).toEqual({
    status: 0,
    stderr: "",
  });
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
});

test("work is killed, the agent goes on, and work again adopts it: it runs once", async () => {
  const script = `echo x >>"$CHANT_HOME/../runs"; echo $$ >"$CHANT_HOME/../pid"; while [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.05; done\n${finish}`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  const running = startChant(repo, ["work", A]);
  await eventually("the agent is at work", [repo.root], () => repo.has("../pid"));
  running.kill("SIGKILL");
  await running.ended;
  for (const { pid, command } of repo.processes()) {
    if (command.includes("__runner")) process.kill(pid, "SIGKILL");
  }
  const again = startChant(repo, ["work"]);
  await eventually("a new runner is there", [], () =>
    repo.processes().some(({ command }) => command.includes("__runner")),
  );
  await repo.write({ "../go": "" });
  const { status, stderr } = await again.ended;
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  expect(await repo.read("../runs")).toBe("x\n");
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
});

test("an agent that leaves a daemon behind, out of its group, leaves no process", async () => {
  const script = `setsid sh -c 'trap "" TERM HUP; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &\n${finish}`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  const { status } = await chant(repo, ["work", A]);
  expect(status).toBe(0);
  await expectNoTraces(repo);
});

test("an agent that says done in its status file and does not end is ended, and what it did is judged", async () => {
  const word = `printf '{"spec_id":"%s","status":"done","updated_at":"%s"}' "$CHANT_SPEC_ID" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"`;
  const script = `${finish}\n${word} >"$CHANT_STATUS_FILE.new"\nmv "$CHANT_STATUS_FILE.new" "$CHANT_STATUS_FILE"\nwhile :; do sleep 1; done`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  const { status } = await chant(repo, ["work", A]);
  expect(status).toBe(0);
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("completed");
});
