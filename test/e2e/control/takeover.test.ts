import { rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const script = `if [ -e mine.txt ]; then chant tick --all; git add -A; git commit -q -m "Finish"; exit 0; fi
echo one >one.txt; git add one.txt; git commit -q -m "Add one"
chant tick 1; echo half >half.txt; echo "I am at it"
touch "$CHANT_HOME/../ready"
while :; do sleep 0.05; done`;
const specs = { [A]: { title: "A", script, criteria: ["First", "Second"] } };

interface Handover {
  readonly worktree: string;
  readonly uncommitted: readonly string[];
  readonly criteria: readonly { readonly ticked: boolean }[];
  readonly commits: readonly { readonly subject: string }[];
  readonly log: { readonly lines: readonly string[] };
}

const atWork = (repo: TempRepo): Promise<true> =>
  eventually("its agent works", [repo.root], () => repo.has("../ready") || undefined);

test("its agent is stopped, what it did is told, and finalize lands what the person made of it", async () => {
  await using repo = await tempProject({ specs, files: { "old.txt": "old\n", "older.txt": "older\n" } });
  const work = startChant(repo, ["work"]);
  await atWork(repo);
  const text = await chantOk(repo, ["takeover", "aaa"]);
  await work.ended;
  await repo.quiet();
  expect(text).toContain("Its agent was stopped. Its worktree is yours now.");
  expect(text).toContain("1 of 2 criteria ticked:\n  1. [x] First\n  2. [ ] Second\n");
  expect(text).toMatch(/^1 commit:\n {2}[0-9a-f]{12} Add one$/m);
  expect(text).toContain("  half.txt\n");
  expect(text).toContain("I am at it");
  expect(text).toContain(`  $ chant finalize ${A} `);
  expect(await statusOn(repo, A)).toBe("paused");
  // Once more says the same of what is there now.
  const told = await chantJson<Handover>(repo, ["takeover", "aaa"]);
  expect(told).toMatchObject({ id: A, wasStopped: false, branch: `chant/${A}`, attempts: 1 });
  expect(told.uncommitted).toEqual([`.chant/specs/${A}.md`, "half.txt"]);

  await repo.gitIn(told.worktree, "rm", "-q", "old.txt");
  await repo.gitIn(told.worktree, "add", "-A");
  await repo.gitIn(told.worktree, "commit", "-q", "-m", "By hand");
  // Neither of these touches it.
  await chantOk(repo, ["watch", "--once"]);
  await chant(repo, ["work"]);
  const early = await chant(repo, ["finalize", "aaa"]);
  expect(early).toMatchObject({ status: 1, stdout: expect.stringContaining("Second") as string });
  expect(await chantOk(repo, ["why", "aaa"])).toContain("took it over");
  await rm(join(told.worktree, "older.txt"));
  await chantOk(repo, ["tick", "2"], { cwd: told.worktree });
  expect(await chantOk(repo, ["finalize", "aaa"])).toBe(`${A} has landed.\n`);
  expect(await repo.read("half.txt")).toBe("half\n");
  // What the person removed is no work of a cleaner of /tmp.
  expect([repo.has("old.txt"), repo.has("older.txt")]).toEqual([false, false]);
  expect((await landings(repo)).get(A)).toBe(1);
  await expectNoTraces(repo);
});

test("killed while it takes over: done again it is the same; resume gives the worktree back to the agent", async () => {
  await using repo = await tempProject({ specs });
  const work = startChant(repo, ["work"]);
  await atWork(repo);
  const once = join(repo.root, "once");
  await writeFile(once, "");
  const env = { CHANT_FAIL: "stop.agent:before", CHANT_FAIL_ONCE: once };
  await chant(repo, ["takeover", "aaa"], { env });
  await work.ended;
  const { worktree } = await chantJson<Handover>(repo, ["takeover", "aaa"]);
  await repo.quiet();
  await writeFile(join(worktree, "mine.txt"), "mine\n");
  expect(await chantOk(repo, ["resume", "aaa", "--work"])).toBe(`${A} has landed.\n`);
  expect(await repo.read("mine.txt")).toBe("mine\n");
  await expectNoTraces(repo);
});

test("what the person writes there after it was judged stays, and nobody removes it", async () => {
  await using repo = await tempProject({ specs });
  const work = startChant(repo, ["work"]);
  await atWork(repo);
  const { worktree } = await chantJson<Handover>(repo, ["takeover", "aaa"]);
  await work.ended;
  await chantOk(repo, ["tick", "2"], { cwd: worktree });
  const once = join(repo.root, "once");
  await writeFile(once, "");
  const env = { CHANT_FAIL: "publish.done:after", CHANT_FAIL_ONCE: once };
  await chant(repo, ["finalize", "aaa"], { env });
  await writeFile(join(worktree, "late.txt"), "late\n");
  const watch = await chant(repo, ["watch", "--once"]);
  expect(watch.stdout + watch.stderr).toContain(`${worktree} is left`);
  expect(await statusOn(repo, A)).toBe("completed");
  await chantOk(repo, ["watch", "--once"]);
  expect(await repo.gitIn(worktree, "status", "--porcelain")).toBe("?? late.txt");
  await repo.git("worktree", "remove", "--force", worktree);
  await repo.git("branch", "-D", `chant/${A}`);
  await expectNoTraces(repo);
});

test("a failed one has nothing to stop; one that nobody has begun is refused", async () => {
  const failing = `${goodScript("a.txt")}\nexit 3`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: failing } } });
  const pending = await chant(repo, ["takeover", "aaa"]);
  expect(pending).toMatchObject({ status: 1, stdout: "" });
  expect(pending.stderr).toContain(`chant start ${A} --here`);
  await chant(repo, ["work"]);
  const told = await chantJson<Handover>(repo, ["takeover", "aaa"]);
  expect(told).toMatchObject({ wasStopped: false, uncommitted: [] });
  expect(await statusOn(repo, A)).toBe("failed");
  // Set to pending by hand it is not started over what the person has there; reset says so for certain.
  const path = `.chant/specs/${A}.md`;
  await repo.write({ [path]: (await repo.read(path)).replace("status: failed", "status: pending") });
  const work = await chant(repo, ["work", "aaa"]);
  expect(work.stdout + work.stderr).toContain("took it over");
  await repo.git("checkout", "-q", path);
  // Nobody is sent to a worktree that is gone.
  await rm(told.worktree, { recursive: true });
  const why = await chantOk(repo, ["why", "aaa"]);
  expect(why).toContain(`kept, as far as it was committed: on branch chant/${A}.`);
  expect(why).not.toContain(told.worktree);
  await chantOk(repo, ["reset", "aaa"]);
  await expectNoTraces(repo);
});

test("unlock: whose lock it is, and removed only when that process is gone", async () => {
  await using repo = await tempProject({ specs });
  const work = startChant(repo, ["work"]);
  await atWork(repo);
  const lock = `.chant/.locks/${A}.lock`;
  const [pid, json = ""] = (await repo.read(lock)).split("\n");
  expect(pid).toBe(String(work.pid));
  expect(JSON.parse(json)).toMatchObject({
    pid: work.pid,
    host: hostname(),
    startedAt: expect.any(String) as string,
    bootId: expect.any(String) as string,
    token: expect.stringMatching(/^[0-9a-f]{20}$/) as string,
    since: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  });
  const busy = await chant(repo, ["unlock", "aaa"]);
  expect(busy).toMatchObject({ status: 75, stdout: "" });
  expect(busy.stderr).toContain(`by process ${work.pid} on ${hostname()}`);
  expect(repo.has(lock)).toBe(true);
  work.kill("SIGKILL");
  await work.ended;
  expect(await chantJson(repo, ["unlock", "aaa"])).toMatchObject({
    id: A,
    lock: { pid: work.pid },
    hasRun: true,
  });
  expect(repo.has(lock)).toBe(false);
  expect(await chantOk(repo, ["unlock", "aaa"])).toContain("has no lock");
  // A torn one belongs to whoever has that number.
  await repo.write({ [lock]: `${process.pid}\n{"pi` });
  expect(await chant(repo, ["unlock", "aaa"])).toMatchObject({ status: 75 });
  await repo.write({ [lock]: "torn" });
  expect(await chantOk(repo, ["unlock", "aaa"])).toContain("is removed");
  await chantOk(repo, ["cancel", "aaa"]);
  await expectNoTraces(repo);
});
