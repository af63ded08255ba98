import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject, writeSpec } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const DRIVER = "2026-01-01-002-ddd";
const MEMBER = `${DRIVER}.1`;

test("a failed spec is pending again, its work in a snapshot, and work takes it from the start", async () => {
  const script = `echo half >half.txt\n[ -e "$CHANT_HOME/../mended" ] || exit 3\nrm half.txt\n${goodScript("a.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "A", script } } });
  await chant(repo, ["work"]);
  const first = (await chantJson<{ run: { run: string } }>(repo, ["show", "aaa"])).run.run;
  expect(await statusOn(repo, A)).toBe("failed");

  const reset = await chant(repo, ["reset", "aaa"]);
  expect(reset).toMatchObject({ status: 0, stdout: `${A} is pending again.\n` });
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("pending");
  expect(await repo.read(`.chant/specs/${A}.md`)).not.toContain("attention");
  const snapshots = (await repo.git("for-each-ref", "--format=%(refname)", "refs/chant/snapshots")).split(
    "\n",
  );
  const kept = await Promise.all(snapshots.map((ref) => repo.git("ls-tree", "--name-only", ref)));
  expect(kept.join("\n")).toContain("half.txt");

  await repo.write({ "../mended": "" });
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
  expect(await repo.read("a.txt")).toBe("done\n");
  const runs = await repo.git("log", "--format=%(trailers:key=Chant-Run,valueonly)");
  expect(runs.trim()).toMatch(/^[0-9a-f]{20}$/);
  expect(runs).not.toContain(first);
  expect((await landings(repo)).get(A)).toBe(1);
});

test("a completed member that is reset opens its driver again, in one step, and both complete once more", async () => {
  await using repo = await tempProject({
    specs: {
      [DRIVER]: { title: "Driver", criteria: [] },
      [MEMBER]: { title: "Member", script: `echo x >>m.txt\nchant tick --all` },
    },
  });
  await chantOk(repo, ["work"]);
  expect(await statusOn(repo, DRIVER)).toBe("completed");

  const { stdout } = await chant(repo, ["reset", MEMBER]);
  expect(stdout).toBe(`${MEMBER} is pending again. So is ${DRIVER}, its driver, open again.\n`);
  expect(await statusOn(repo, DRIVER)).toBe("pending");
  expect(await statusOn(repo, MEMBER)).toBe("pending");
  expect(await repo.read(`.chant/specs/${DRIVER}.md`)).not.toContain("auto_completed");
  // What the earlier run has shown says nothing about the next one.
  expect(await repo.read(`.chant/specs/${MEMBER}.md`)).not.toContain("[x]");
  expect(await repo.status()).toBe("");
  // Both came with one move of the branch.
  expect((await repo.git("reflog", "main", "-1", "--format=%gs")).length).toBeGreaterThan(0);
  await chantOk(repo, ["work"]);
  expect(await statusOn(repo, DRIVER)).toBe("completed");
  expect(await repo.read("m.txt")).toBe("x\nx\n");
  await expectNoTraces(repo);
});

test("what is not there, ambiguous, or not to be reset is refused, and nothing changes", async () => {
  await using repo = await tempProject({ specs: { [A]: { status: "cancelled" } } });
  await writeSpec(repo, "2026-01-01-003-aab");
  const tip = await repo.git("rev-parse", "main");
  expect(await chant(repo, ["reset", "zzz"])).toMatchObject({ status: 1, stdout: "" });
  expect(await chant(repo, ["reset", "aa"])).toMatchObject({ status: 1, stdout: "" });
  const refused = await chant(repo, ["reset", A]);
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toMatch(/is cancelled.*"reset" is not possible/);
  expect(await repo.git("rev-parse", "main")).toBe(tip);
});
