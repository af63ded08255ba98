import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject, writeSpec } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";

test("cancel --cascade names what goes too, asks, and makes one commit; a kill in between changes nothing", async () => {
  const wait = `touch "$CHANT_HOME/../ready"\nwhile :; do sleep 0.05; done`;
  await using repo = await tempProject({
    specs: {
      [A]: { title: "Driver", criteria: [] },
      [`${A}.1`]: { title: "Member", script: wait },
      [`${A}.2`]: { title: "Done", status: "completed" },
      [B]: { title: "Dependent", dependsOn: [A] },
      [C]: { title: "Other" },
    },
  });
  const work = startChant(repo, ["work", `${A}.1`]);
  await eventually("its agent works", [repo.root], () => repo.has("../ready") || undefined);
  const tip = await repo.git("rev-parse", "main");
  const asked = await chant(repo, ["cancel", A, "--cascade"]);
  expect(asked).toMatchObject({ status: 2, stdout: "" });
  expect(asked.stderr).toContain(
    `${A}.1 (Member), a member of ${A}\n${B} (Dependent), which depends on ${A}\n`,
  );
  expect(asked.stderr).toContain("--yes");
  expect(await chantOk(repo, ["cancel", A, "--cascade", "--dry-run"])).toContain(
    `${A}.1, a member of ${A}: its run would be stopped, and it would be cancelled. Nothing was changed.\n`,
  );
  expect(await repo.git("rev-parse", "main")).toBe(tip);

  const once = join(repo.root, "once");
  await writeFile(once, "");
  const env = { CHANT_FAIL: "stop.agent:after", CHANT_FAIL_ONCE: once };
  await chant(repo, ["cancel", A, "--cascade", "--yes"], { env });
  expect(repo.has("../once"), "the effect was met").toBe(false);
  await work.ended;
  const done = await chant(repo, ["cancel", A, "--cascade", "--yes"]);
  expect(done).toMatchObject({ status: 0 });
  expect(done.stdout).toContain(`${B}, which depends on ${A}, is cancelled.\n`);
  for (const id of [A, `${A}.1`, B]) expect(await statusOn(repo, id)).toBe("cancelled");
  expect(await statusOn(repo, `${A}.2`)).toBe("completed");
  expect(await statusOn(repo, C)).toBe("pending");
  expect(await repo.git("log", "-1", "--format=%s")).toBe("Cancel 3 specs");
  expect((await repo.git("diff", "--name-only", "HEAD~1")).split("\n")).toHaveLength(3);
  expect(await chantOk(repo, ["list"])).not.toContain(B);
  expect(await chantOk(repo, ["list", "--status", "cancelled"])).toContain(B);
  expect(await chantOk(repo, ["show", B])).toContain("cancelled");
  await expectNoTraces(repo);
});

test("several at once: one that cannot be cancelled holds back all; what git does not know is kept when deleted", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A" }, [B]: { status: "cancelled" } } });
  await writeSpec(repo, C, { title: "New" });
  expect(await chant(repo, ["cancel", A, B])).toMatchObject({ status: 1, stdout: "" });
  expect(await statusOn(repo, A)).toBe("pending");
  expect(await chantOk(repo, ["cancel", A, C, "--delete"])).toBe(`${A} is deleted.\n${C} is deleted.\n`);
  expect(repo.has(`.chant/specs/${C}.md`)).toBe(false);
  expect(await repo.status()).toBe("");
  expect(await chantJson(repo, ["restore", "ccc"])).toEqual({
    id: C,
    from: "deleted",
    status: "pending",
    isDryRun: false,
  });
  expect(await repo.read(`.chant/specs/${C}.md`)).toContain("# New");
  expect(await repo.read(`.chant/specs/${C}.md`)).not.toContain("cancelled_at");
  expect(await statusOn(repo, C)).toBe("pending");
  await expectNoTraces(repo);
});

test("restore: cancelled is pending again, deleted comes back as it was; what is neither is refused", async () => {
  await using repo = await tempProject({
    specs: { [A]: { title: "A", script: goodScript("a.txt") }, [B]: { title: "B" } },
  });
  await chantOk(repo, ["cancel", B]);
  const tip = await repo.git("rev-parse", "main");
  expect(await chantOk(repo, ["restore", "bbb", "--dry-run"])).toBe(
    `${B} would be pending. Nothing was changed.\n`,
  );
  expect(await repo.git("rev-parse", "main")).toBe(tip);
  expect(await chantOk(repo, ["restore", "bbb"])).toBe(`${B} is pending.\n`);
  expect(await repo.read(`.chant/specs/${B}.md`)).not.toContain("cancelled_at");
  const refused = await chant(repo, ["restore", "bbb"]);
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(`Possible from pending: chant work ${B}`);

  await chantOk(repo, ["work", A]);
  await chantOk(repo, ["cancel", A, "--delete"]);
  expect(await chantOk(repo, ["restore", "aaa"])).toBe(`${A} is back, and completed.\n`);
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/^commits:/m);
  expect(await repo.status()).toBe("");
  for (const word of ["zzz", "../x", "a/b"]) {
    expect(await chant(repo, ["restore", word])).toMatchObject({ status: 1, stdout: "" });
  }
  await expectNoTraces(repo);
});

test("a snapshot of lost work is listed, and put on a branch that nothing else has", async () => {
  const script = "echo half >half.txt\necho more >more.txt\nexit 3";
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  expect(await chant(repo, ["restore", "aaa", "--list"])).toMatchObject({ status: 0, stdout: "" });
  await chant(repo, ["work"]);
  await chantOk(repo, ["cancel", "aaa", "--delete"]);
  interface Listed {
    readonly snapshots: readonly {
      time: string;
      ref: string;
      commit: string;
      files: number;
      reason: string;
    }[];
  }
  const { snapshots } = await chantJson<Listed>(repo, ["restore", "aaa", "--list"]);
  const [first] = snapshots;
  if (first === undefined) throw new Error("there is no snapshot");
  expect(first).toMatchObject({ files: 2, reason: `The worktree of ${A} at the end of attempt 1.` });
  expect(await chantOk(repo, ["restore", "aaa", "--list"])).toContain(
    `${first.time}  2 files  ${first.commit.slice(0, 12)}  The worktree of`,
  );
  const head = await repo.git("rev-parse", "HEAD");
  const dry = await chantOk(repo, ["restore", "aaa", "--snapshot", first.time, "--dry-run"]);
  expect(dry).toBe(
    `The snapshot of ${first.time} would be on the new branch restored/${A}-${first.time}. Nothing was changed.\n`,
  );
  expect(await repo.branches()).toEqual(["main"]);
  expect(
    await chantJson(repo, ["restore", "aaa", "--snapshot", first.commit.slice(0, 10), "--to", "kept"]),
  ).toMatchObject({
    id: A,
    branch: "kept",
  });
  expect(await repo.git("show", "kept:half.txt")).toBe("half");
  expect(await repo.git("rev-parse", "HEAD")).toBe(head);
  expect(await repo.status()).toBe("");
  const refusals = [
    [["--snapshot", first.ref, "--to", "kept"], 1],
    [["--snapshot", first.ref, "--to", "main"], 1],
    [["--snapshot", first.ref, "--to", "chant/x"], 2],
    [["--snapshot", first.ref, "--to", "a..b"], 2],
    [["--snapshot", "1999"], 1],
    [["--to", "kept"], 2],
    [["--list", "--dry-run"], 2],
  ] as const;
  for (const [words, status] of refusals) {
    expect(await chant(repo, ["restore", "aaa", ...words]), words.join(" ")).toMatchObject({
      status,
      stdout: "",
    });
  }
  expect(await repo.branches()).toEqual(["kept", "main"]);
});
