import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject, writeSpec } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

test("a pending spec: --dry-run says what would happen and changes nothing, then it is cancelled", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A" } } });
  const tip = await repo.git("rev-parse", "main");
  expect(await chant(repo, ["cancel", "aaa", "--dry-run"])).toMatchObject({
    status: 0,
    stdout: `${A}: it would be cancelled. Nothing was changed.\n`,
  });
  expect(await chantJson(repo, ["cancel", "aaa", "--delete", "--dry-run"])).toEqual({
    id: A,
    title: "A",
    stops: false,
    deletes: true,
    isDryRun: true,
  });
  expect(await repo.git("rev-parse", "main")).toBe(tip);
  expect(await repo.status()).toBe("");
  expect(await chantOk(repo, ["cancel", "aaa"])).toBe(`${A} is cancelled.\n`);
  expect(await statusOn(repo, A)).toBe("cancelled");
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/^cancelled_at: /m);
  expect(await chant(repo, ["cancel", "aaa"])).toMatchObject({ status: 1, stdout: "" });
  expect(await chantOk(repo, ["cancel", "aaa", "--delete"])).toBe(`${A} is deleted.\n`);
  expect(repo.has(`.chant/specs/${A}.md`)).toBe(false);
  await expectNoTraces(repo);
});

test("a running spec: its agent is gone, its work is in a snapshot, and the work that carried it ends", async () => {
  const script = `echo half >half.txt\necho $$ >"$CHANT_HOME/../pid"\nwhile :; do sleep 1; done`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [repo.root], () => repo.has("../pid"));
  expect(await chantOk(repo, ["cancel", "aaa", "--dry-run"])).toBe(
    `${A}: its run would be stopped, and it would be cancelled. Nothing was changed.\n`,
  );
  const cancelled = await chant(repo, ["cancel", "aaa"]);
  expect(cancelled).toMatchObject({ status: 0, stdout: `${A} is cancelled; its run was stopped.\n` });
  const pid = Number(await repo.read("../pid"));
  expect(repo.processes().map((each) => each.pid)).not.toContain(pid);
  const { status } = await work.ended;
  expect(status).toBe(0);
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("cancelled");
  const snapshots = (await repo.git("for-each-ref", "--format=%(refname)", "refs/chant/snapshots")).split(
    "\n",
  );
  const kept = await Promise.all(snapshots.map((ref) => repo.git("ls-tree", "--name-only", ref)));
  expect(kept.join("\n")).toContain("half.txt");
});

test("a completed spec keeps what has landed; an untracked one is cancelled and deleted as well", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: goodScript("a.txt") } } });
  await chantOk(repo, ["work"]);
  expect(await chantOk(repo, ["cancel", "aaa"])).toBe(`${A} is cancelled.\n`);
  expect(await repo.read("a.txt")).toBe("done\n");
  await writeSpec(repo, B, { title: "B" });
  expect(await chantOk(repo, ["cancel", "bbb"])).toBe(`${B} is cancelled.\n`);
  expect(await repo.read(`.chant/specs/${B}.md`)).toContain("status: cancelled");
  expect(await chantOk(repo, ["cancel", "bbb", "--delete"])).toBe(`${B} is deleted.\n`);
  expect(repo.has(`.chant/specs/${B}.md`)).toBe(false);
  await expectNoTraces(repo);
});

test("a failed spec with its worktree: all of it goes", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A", script: "exit 1" } } });
  await chant(repo, ["work"]);
  await chantOk(repo, ["cancel", "aaa", "--delete"]);
  expect(repo.has(`.chant/specs/${A}.md`)).toBe(false);
  await expectNoTraces(repo);
});
