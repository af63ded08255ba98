import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const id = (n: number): string => `2026-01-01-${String(n).padStart(3, "0")}-abc`;

function many(count: number, draft: (n: number) => SpecDraft): Record<string, SpecDraft> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [id(n + 1), draft(n + 1)]));
}

test("20 ready specs, 4 at once: all land, and nothing is left", async () => {
  const specs = many(20, (n) => ({
    title: `Spec ${n}`,
    script: `sleep 0.2\n${goodScript(`file-${n}.txt`)}`,
  }));
  await using repo = await tempProject({ specs });
  const { status, stdout, stderr } = await chant(repo, ["work", "--parallel=4"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.any(String) as unknown });
  expect(stdout).toContain("20");
  await expectNoTraces(repo);
  const landed = await landings(repo);
  expect([...landed.keys()].toSorted()).toEqual(Object.keys(specs));
  expect([...landed.values()].every((times) => times === 1)).toBe(true);
  for (let n = 1; n <= 20; n += 1) {
    expect(await repo.read(`file-${n}.txt`)).toBe("done\n");
    expect(await statusOn(repo, id(n))).toBe("completed");
  }
});

test("a dependency that landed unblocks its dependents, in the same run of work", async () => {
  await using repo = await tempProject({
    specs: {
      [id(1)]: { title: "One", script: goodScript("one.txt"), dependsOn: [id(2)] },
      [id(2)]: { title: "Two", script: goodScript("two.txt"), dependsOn: [id(3)] },
      [id(3)]: { title: "Three", script: goodScript("three.txt") },
    },
  });
  await chantOk(repo, ["work", "--parallel=4"]);
  await expectNoTraces(repo);
  const subjects = await repo.git("log", "--first-parent", "--reverse", "--format=%s");
  expect(subjects.split("\n").filter((line) => line.startsWith("Land"))).toEqual([
    `Land ${id(3)}: Three`,
    `Land ${id(2)}: Two`,
    `Land ${id(1)}: One`,
  ]);
});
