import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject, writeSpec } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";
const GATED = "approval:\n  required: true\n  status: pending\n";
const ME = "Test User <test@example.com>";

interface Shown {
  readonly ready: boolean;
  readonly approval?: { readonly kind: string; readonly by?: string };
}

test("a spec waits for its approval, which an edit makes void, and work, list, show and why say so", async () => {
  await using repo = await tempProject({
    specs: { [A]: { title: "A", front: GATED, script: goodScript("a.txt") } },
  });
  const path = `.chant/specs/${A}.md`;
  const refused = await chant(repo, ["work", "aaa"]);
  expect(refused).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("it is not approved yet") as string,
  });
  expect(await chant(repo, ["work"])).toMatchObject({ status: 0 });
  expect(await chantOk(repo, ["list"])).toBe(`${A}  pending  0/1  A (awaiting approval)\n`);
  expect(await chantOk(repo, ["why", "aaa"])).toContain(`  $ chant approve ${A}\n`);
  expect(await chant(repo, ["start", "aaa", "--here"])).toMatchObject({ status: 1, stdout: "" });

  // What stands on disk is what is approved, and what is committed with it.
  await repo.write({ [path]: `${await repo.read(path)}\nMore words.\n` });
  expect(await chant(repo, ["approve", "aaa"])).toMatchObject({
    status: 0,
    stdout: `${A} is approved by ${ME}.\n`,
  });
  expect(await repo.status()).toBe("");
  expect(await repo.git("show", `main:${path}`)).toContain("More words.");
  expect(await chantJson(repo, ["approve", "aaa"])).toEqual([{ id: A, by: ME, isNew: false }]);
  expect(await repo.git("log", "--format=%s", "-2")).toBe(`Approve ${A}\nFirst commit`);
  expect(await chantJson<Shown>(repo, ["show", "aaa"])).toMatchObject({
    ready: true,
    approval: { kind: "approved", by: ME, isBound: true },
  });

  const approvedText = await repo.read(path);
  for (const [edit, note] of [
    [
      approvedText.replace("More words.", "Other words."),
      `awaiting approval: changed after it was approved by ${ME}`,
    ],
    [approvedText.replace(/^approval:\n(?: .*\n)+/m, ""), ""],
  ] as const) {
    await repo.write({ [path]: edit });
    const again = await chant(repo, ["work", "aaa"]);
    expect(again.status).toBe(1);
    expect(again.stdout).toContain(`it was changed after it was approved by ${ME}`);
    expect(await chantOk(repo, ["why", "aaa"])).toContain("it was changed after it was approved");
    expect(await chantOk(repo, ["show", "aaa"])).toContain("changed after it was approved");
    if (note !== "") expect(await chantOk(repo, ["list"])).toContain(`(${note})`);
  }
  await repo.write({ [path]: approvedText });
  expect(await chant(repo, ["work", "aaa"])).toMatchObject({ status: 0 });
  expect(await statusOn(repo, A)).toBe("completed");
  await chantOk(repo, ["reset", "aaa"]);
  expect(await chantJson<Shown>(repo, ["show", "aaa"])).toMatchObject({ ready: true });
  await expectNoTraces(repo);
});

test("a gate by label or type, several at once, a driver for its members, and what needs none", async () => {
  await using repo = await tempProject({
    config: "approval: { required_for: [risky, research] }\n",
    specs: {
      [A]: { title: "A", labels: ["risky"], script: goodScript("a.txt") },
      [B]: { title: "B", type: "driver", front: GATED },
      [`${B}.1`]: { title: "B1", script: goodScript("b.txt") },
      [C]: { title: "C", script: goodScript("c.txt") },
    },
  });
  expect(await chantOk(repo, ["list", "--ready"])).toBe(`${C}    pending  0/1  C\n`.replace("    ", "  "));
  expect(await chantOk(repo, ["why", `${B}.1`])).toContain(`its driver ${B} is not approved yet`);
  // To take the label away is an edit, and does not open the gate.
  await writeSpec(repo, A, { title: "A", script: goodScript("a.txt") });
  expect((await chant(repo, ["work", "aaa"])).stdout).toContain("it is not approved yet");
  await repo.git("checkout", "-q", ".");

  for (const args of [["ccc"], ["aaa", "zzz"], ["aaa", "--by", " "], [], ["../aaa"], ["2026"]]) {
    const bad = await chant(repo, ["approve", ...args]);
    expect(bad, args.join(" ")).toMatchObject({ stdout: "" });
    expect(bad.status).toBeGreaterThan(0);
    expect(bad.stderr).toContain("hint: ");
  }
  const asAgent = await chant(repo, ["approve", "aaa"], { env: { CHANT_RUN_TOKEN: "x" } });
  expect(asAgent).toMatchObject({ status: 1, stdout: "" });
  expect(await repo.git("log", "--format=%s")).toBe("First commit");

  expect(await chantOk(repo, ["approve", "aaa", B, "--by", "Ann"])).toBe(
    `${A} is approved by Ann.\n${B} is approved by Ann.\n`,
  );
  expect(await chant(repo, ["work"])).toMatchObject({ status: 0 });
  for (const id of [A, B, C]) expect(await statusOn(repo, id)).toBe("completed");
  expect(await chant(repo, ["approve", "aaa"])).toMatchObject({ status: 1, stdout: "" });
  await expectNoTraces(repo);
});

test("an agent approves neither itself nor others, nor takes a gate away", async () => {
  const forge = [
    `sed -i.bak "s/  status: pending/  status: approved/" .chant/specs/${A}.md .chant/specs/${B}.md`,
    `sed -i.bak "/risky/d; /^labels/d" .chant/specs/${C}.md`,
    `printf -- '---\\napproval: {required: true, status: approved}\\n---\\n# New\\n' >.chant/specs/2026-01-01-009-new.md`,
    "rm .chant/specs/*.bak",
    goodScript("a.txt"),
  ].join("\n");
  await using repo = await tempProject({
    config: "approval: { required_for: [risky] }\n",
    specs: {
      [A]: { title: "A", front: `target_files: [.chant/specs, a.txt]\n${GATED}`, script: forge },
      [B]: { title: "B", front: GATED, script: goodScript("b.txt") },
      [C]: { title: "C", labels: ["risky"], script: goodScript("c.txt") },
    },
  });
  expect(await chant(repo, ["work", "aaa", "--skip-approval"])).toMatchObject({ status: 0 });
  const started = await repo.git("log", "--format=%H", "--grep", "^Start ");
  const text = await repo.git("show", `${started}:.chant/specs/${A}.md`);
  expect(text).toMatch(
    /approval:\n {2}required: true\n {2}status: pending\n {2}skipped_by: .*\n {2}skipped_at: /,
  );
  expect(await repo.git("show", `main:.chant/specs/${A}.md`)).toContain("  status: pending\n  skipped_by:");
  const specs = await chantJson<readonly (Shown & { readonly id: string })[]>(repo, ["list", "--all"]);
  expect(specs.map(({ id, approval }) => [id, approval?.kind])).toEqual([
    [B, "awaiting"],
    [C, "awaiting"],
    ["2026-01-01-009-new", "awaiting"],
    [A, undefined],
  ]);
  expect(await chant(repo, ["work", "--skip-approval"])).toMatchObject({ status: 2, stdout: "" });
  await expectNoTraces(repo);
});

test("a rejection keeps its reason, holds what depends on it, and an approval of the mended spec lifts it", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "A", front: GATED, script: goodScript("a.txt") },
      [B]: { title: "B", dependsOn: [A], script: goodScript("b.txt") },
    },
  });
  for (const args of [["aaa"], ["aaa", "--reason", " "], ["zzz", "--reason", "no"]]) {
    expect(await chant(repo, ["reject", ...args])).toMatchObject({ stdout: "" });
  }
  await chantOk(repo, ["reject", "aaa", "--reason", "Ask the team first", "--by", "Ann"]);
  expect(await chantOk(repo, ["list"])).toContain("(rejected by Ann: Ask the team first)");
  expect(await chantOk(repo, ["why", "bbb"])).toContain("it was rejected by Ann: Ask the team first");
  expect((await chant(repo, ["work", "aaa"])).stdout).toContain("it was rejected by Ann: Ask the team first");
  expect(await repo.git("log", "-1", "--format=%B")).toContain("Rejected-by: Ann");
  await chantOk(repo, ["approve", "aaa"]);
  expect(await chant(repo, ["work"])).toMatchObject({ status: 0 });
  expect(await statusOn(repo, B)).toBe("completed");
  // What is over is no longer decided; the hint names the command that opens it again.
  expect((await chant(repo, ["approve", "aaa"])).stderr).toContain(`chant reset ${A}`);
  await chantOk(repo, ["cancel", "aaa"]);
  expect((await chant(repo, ["approve", "aaa"])).stderr).toContain(`chant restore ${A}`);
  await expectNoTraces(repo);
});

test("rejection_action: a new spec to wait for, or members that each need an approval", async () => {
  await using repo = await tempProject({
    config: "approval: { rejection_action: dependency }\n",
    specs: {
      [A]: { title: "A", front: GATED },
      [B]: { title: "B", front: GATED, criteria: ["One", "Two"] },
    },
  });
  const first = await chantJson<{ added: readonly string[] }>(repo, ["reject", "aaa", "--reason", "no"]);
  expect(first.added).toHaveLength(1);
  const again = await chantJson<{ added: readonly string[] }>(repo, [
    "reject",
    "aaa",
    "--reason",
    "still no",
  ]);
  expect(again.added).toEqual(first.added);
  expect(await chantJson(repo, ["show", "aaa"])).toMatchObject({
    status: "blocked",
    dependsOn: first.added,
    approval: { kind: "rejected", reason: "still no" },
  });
  const config = await repo.read(".chant/config.md");
  await repo.write({ ".chant/config.md": config.replace("dependency", "group") });
  await repo.commitAll("Split what is rejected");
  const split = await chantJson<{ added: readonly string[] }>(repo, ["reject", "bbb", "--reason", "too big"]);
  expect(split.added).toEqual([`${B}.1`, `${B}.2`]);
  expect(await chantJson(repo, ["show", "bbb"])).toMatchObject({
    type: "driver",
    approval: { kind: "rejected" },
  });
  expect(await chantJson(repo, ["show", `${B}.2`])).toMatchObject({
    title: "Two",
    dependsOn: [`${B}.1`],
    approval: { kind: "awaiting" },
  });
  expect(await repo.status()).toBe("");
  expect(await chantJson(repo, ["approve", "bbb"])).toMatchObject([
    { id: B },
    { id: `${B}.1` },
    { id: `${B}.2` },
  ]);
  expect(await chantJson<Shown>(repo, ["show", `${B}.1`])).toMatchObject({ ready: true });
  await expectNoTraces(repo);
});
