import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signalProcess } from "../../../src/host/spawn.ts";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";
const held = (id: string, script: string): string =>
  `touch "$CHANT_HOME/../here-${id}"\nwhile [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.02; done\n${script}`;
const config = (more = ""): string =>
  `watch: { poll_interval_ms: 20, idle_timeout_minutes: 0.003, stale_after_minutes: 0.001${more} }\n`;

/** Starts specs under a `work` that is killed once all of their agents are at work. */
async function abandoned(repo: TempRepo, ids: readonly string[]): Promise<void> {
  const work = startChant(repo, ["work", "--parallel=4"]);
  await eventually("the agents work", [repo.root], () => ids.every((id) => repo.has(`../here-${id}`)));
  work.kill("SIGKILL");
  await work.ended;
}

const forget = (repo: TempRepo, what: string): Promise<void> =>
  rm(join(repo.path, ".git", "chant", what), { recursive: true });

/** The names of all that chant keeps, and all refs. */
async function kept(repo: TempRepo): Promise<readonly string[]> {
  const names = await readdir(join(repo.path, ".git", "chant"), { recursive: true });
  // Locks come with the first command that needs them.
  const files = names.filter((name) => !name.endsWith(".db"));
  return [...files.toSorted(), ...(await repo.git("for-each-ref")).split("\n")];
}

test("records are lost or torn while agents work: the runs go on as if nothing had been", async () => {
  await using repo = await tempProject({
    config: config(),
    specs: {
      [A]: { title: "A", script: held(A, goodScript("a.txt")) },
      [B]: { title: "B", script: held(B, goodScript("b.txt")) },
    },
  });
  await abandoned(repo, [A, B]);
  const before = await kept(repo);
  const run = await runOf(repo, A);
  await forget(repo, `runs/${A}.json`);
  await repo.write({ [`.git/chant/runs/${B}.json`]: '{"version":1,"id"' });
  const lost = await kept(repo);
  const dry = await chantOk(repo, ["watch", "--dry-run"]);
  expect(dry).toContain(
    `${A}: write the lost record of its run again, and go on with it in ${repo.worktrees}`,
  );
  expect(dry).toContain(`${B}: write the lost record`);
  expect(await kept(repo)).toEqual(lost);
  expect(await chantOk(repo, ["why", A])).toContain("The record of its run is lost.\n");

  expect(await chantOk(repo, ["watch", "--once"])).toContain(`${A} recovered from what its run left in`);
  expect(await kept(repo)).toEqual(before);
  expect(await runOf(repo, A)).toBe(run);
  expect(await chantOk(repo, ["watch", "--once"])).not.toContain("recovered");
  expect(await kept(repo)).toEqual(before);
  await repo.write({ "../go": "" });
  await chantOk(repo, ["watch"]);
  await expectNoTraces(repo);
  expect(await landings(repo)).toEqual(
    new Map([
      [A, 1],
      [B, 1],
    ]),
  );
});

test("all of chant's own files are lost: what said done lands, what is quiet has failed by the rules of retries", async () => {
  const limited = [
    'if [ ! -e "$CHANT_HOME/../again" ]; then',
    '  echo rate_limit; touch "$CHANT_HOME/../again"; sleep 60',
    "fi",
    goodScript("b.txt"),
  ].join("\n");
  await using repo = await tempProject({
    config: config(", failure: { retry_delay_ms: 20, jitter: 0 }"),
    specs: {
      [A]: { title: "A", script: held(A, goodScript("a.txt")) },
      [B]: { title: "B", script: `touch "$CHANT_HOME/../here-${B}"\n${limited}` },
      [C]: { title: "C", script: held(C, "sleep 60") },
    },
  });
  await abandoned(repo, [A, B, C]);
  const logged = join(repo.path, ".chant", "logs");
  await eventually("B's limit is logged", [logged], async () =>
    (await repo.read(`.chant/logs/${B}.log`)).includes("rate_limit"),
  );
  // Of A the runner goes on to its end, of the others it is killed, and their agents after it.
  const [b, c] = await Promise.all([runOf(repo, B), runOf(repo, C)]);
  const doomed = repo.processes().filter(({ command }) => command.includes(b) || command.includes(c));
  expect(doomed.length).toBeGreaterThanOrEqual(2);
  for (const { pid } of doomed) signalProcess(pid, "SIGKILL");
  await repo.write({ "../go": "" });
  await eventually("A has ended", [], async () =>
    (await repo.read(`../worktrees/chant-${A}/.chant-status.json`)).includes('"done"'),
  );
  for (const { pid, command } of repo.processes()) {
    if (!command.includes("__runner")) signalProcess(pid, "SIGKILL");
  }
  await repo.quiet();
  await repo.write({ [`../worktrees/chant-${C}/half.txt`]: "half\n" });
  await forget(repo, "");

  // Whoever is killed in the middle of it has done nothing, or it is done.
  for (const side of ["before", "after"]) {
    const env = { CHANT_FAIL: `claim.record:${side}` };
    expect((await chant(repo, ["watch"], { env })).status).not.toBe(0);
    await repo.quiet();
  }
  const { status, stdout } = await chant(repo, ["watch"]);
  expect({ status, stdout: status === 1 ? "" : stdout }).toEqual({ status: 1, stdout: "" });
  expect(stdout).toContain(`${A} merged to main ✓\n`);
  expect(stdout).toContain(`${B} failed: its record was lost, and nothing was heard of it for 60ms\n`);
  expect(stdout).toContain(`${B} resuming...\n`);
  expect(stdout).toContain(`${B} merged to main ✓\n`);
  expect(stdout).toContain(`${C} needs attention: its record was lost`);
  expect(await statusOn(repo, C)).toBe("needs_attention");
  expect(await repo.git("show", `refs/heads/main:b.txt`)).toBe("done");
  const snapshots = await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${C}`);
  expect(await repo.git("show", `${snapshots.split("\n")[0]}:half.txt`)).toBe("half");
  expect(await readdir(join(repo.path, ".git", "chant", "work"))).toHaveLength(1);
  const settled = await kept(repo);
  expect(await chantOk(repo, ["watch", "--dry-run"])).toBe("");
  await chantOk(repo, ["watch", "--once"]);
  expect(await kept(repo)).toEqual(settled);
});

async function runOf(repo: TempRepo, id: string): Promise<string> {
  return (JSON.parse(await repo.read(`.git/chant/runs/${id}.json`)) as { run: string }).run;
}

test("a run that was removed with its spec goes, and what its agent did is in a snapshot", async () => {
  await using repo = await tempProject({
    config: config(),
    specs: { [A]: { title: "A", script: `echo half >half.txt\n${held(A, "sleep 60")}` } },
  });
  await abandoned(repo, [A]);
  for (const { pid } of repo.processes()) signalProcess(pid, "SIGKILL");
  await repo.quiet();
  await forget(repo, "runs");
  await repo.git("rm", "--quiet", `.chant/specs/${A}.md`);
  await repo.git("commit", "--quiet", "-m", "Never mind");
  await eventually("it is stale", [], async () =>
    (await chantOk(repo, ["watch", "--dry-run"])).includes(`${A}: clear away the orphaned worktree`),
  );
  const stdout = await chantOk(repo, ["watch", "--once"]);
  const snapshot = /its work is in (\S+)\n/.exec(stdout)?.[1] ?? "none";
  expect(await repo.git("show", `${snapshot}:half.txt`)).toBe("half");
  await expectNoTraces(repo);
});

test("a worktree that belongs to nothing goes, and all that was in it is in a snapshot; a person's stays", async () => {
  await using repo = await tempProject({ config: config() });
  const tree = join(repo.worktrees, `chant-${A}`);
  const mine = join(repo.worktrees, `chant-${B}`);
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${A}`, tree);
  await repo.git("worktree", "add", "--quiet", "-b", "mine", mine);
  await repo.write({
    "../worktrees/mine.txt": "",
    [`../worktrees/chant-${A}/committed.txt`]: "committed\n",
    [`../worktrees/chant-${A}/.gitignore`]: "ignored.txt\n",
  });
  await repo.gitIn(tree, "add", "--all");
  await repo.gitIn(tree, "commit", "--quiet", "-m", "Work");
  const tip = await repo.gitIn(tree, "rev-parse", "HEAD");
  const nested = join(repo.worktrees, `chant-${C}`);
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${C}`, nested);
  await repo.write({ [`../worktrees/chant-${C}/nested/a.txt`]: "a\n" });
  await repo.gitIn(join(nested, "nested"), "init", "--quiet");
  await repo.gitIn(join(nested, "nested"), "add", "a.txt");
  await repo.gitIn(join(nested, "nested"), "commit", "--quiet", "-m", "Nested");
  await repo.write({ [`../worktrees/chant-${C}/staged.txt`]: "staged\n" });
  await repo.gitIn(nested, "add", "staged.txt");
  await repo.write({ [`../worktrees/chant-${A}/staged.txt`]: "staged\n" });
  await repo.gitIn(tree, "add", "staged.txt");
  await repo.write({
    [`../worktrees/chant-${A}/staged.txt`]: "edited\n",
    [`../worktrees/chant-${A}/untracked.txt`]: "untracked\n",
    [`../worktrees/chant-${A}/ignored.txt`]: "ignored\n",
  });
  const before = await kept(repo).catch(() => []);
  const clean = (id: string): string =>
    `${id}: clear away the orphaned worktree ${join(repo.worktrees, `chant-${id}`)}, after a snapshot\n`;
  await eventually(
    "they are stale",
    [],
    async () => (await chantOk(repo, ["watch", "--dry-run"])) === clean(A) + clean(C),
  );
  expect(await kept(repo).catch(() => [])).toEqual(before);

  const stdout = await chantOk(repo, ["watch", "--once"]);
  const told = new RegExp(`${A} orphaned worktree cleaned: ${tree}, its work is in (\\S+)\n`).exec(stdout);
  const snapshot = told?.[1] ?? "none";
  expect(stdout).not.toContain("Watching");
  expect(stdout).toContain(`${C} warning: ${nested} is left as it is: ${nested}/nested is a repository`);
  const show = (ref: string, path: string): Promise<string> => repo.git("show", `${ref}:${path}`);
  expect(await repo.git("rev-parse", `${snapshot}^`)).toBe(tip);
  expect(await show(snapshot, "staged.txt")).toBe("edited");
  expect(await show(snapshot, "untracked.txt")).toBe("untracked");
  // What git ignores is kept as well, as long as it is small.
  expect(await show(snapshot, "ignored.txt")).toBe("ignored");
  const refs = await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${A}`);
  const staged = refs.split("\n").filter((ref) => ref !== snapshot);
  expect(await Promise.all(staged.map((ref) => show(ref, "staged.txt")))).toEqual(["staged"]);
  expect((await readdir(repo.worktrees)).toSorted()).toEqual([`chant-${B}`, `chant-${C}`, "mine.txt"]);
  expect(await repo.branches()).toEqual([`chant/${C}`, "main", "mine"]);
  expect(await readdir(join(repo.path, ".git", "chant", "work"))).toEqual([]);
  const settled = await kept(repo);
  await chantOk(repo, ["watch", "--once"]);
  expect(await kept(repo)).toEqual(settled);
});
