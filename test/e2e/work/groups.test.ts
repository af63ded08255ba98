import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject, writeSpec } from "../../kit/spec.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";

const D = "2026-01-01-001-ddd";
const OTHER = "2026-01-01-002-ooo";
const path = (id: string): string => `.chant/specs/${id}.md`;

async function landedInOrder(repo: TempRepo): Promise<readonly string[]> {
  const subjects = await repo.git("log", "--first-parent", "--reverse", "--format=%s");
  return subjects.split("\n").flatMap((line) => /^Land (\S+):/.exec(line)?.[1] ?? []);
}

/** The second member fails until it is mended. */
const work = (name: string): string =>
  `[ -e "$CHANT_HOME/../mended" ] || [ ${name} != m2 ] || exit 3\n${goodScript(name)}`;

test("work DRIVER: its members one at a time in order, also nested ones; a failure holds back its dependents alone", async () => {
  await using repo = await tempProject({
    specs: {
      [D]: { title: "Driver", criteria: ["A criterion of its own"] },
      [`${D}.1`]: { title: "First", dependsOn: [`${D}.10`], script: work("m1") },
      [`${D}.2`]: { title: "Second", script: work("m2") },
      [`${D}.3`]: { title: "A driver below", criteria: [] },
      [`${D}.3.1`]: { title: "Waits", dependsOn: [`${D}.2`], script: work("m31") },
      [`${D}.9`]: { title: "Ninth", script: work("m9") },
      [`${D}.10`]: { title: "Tenth", script: work("m10") },
      [`${D}.11`]: { title: "Waits for a driver", dependsOn: [`${D}.3`], script: work("m11") },
      [`${D}.12`]: { title: "Called off", status: "cancelled" },
      [OTHER]: { title: "Not asked for", script: work("other") },
    },
  });
  const first = await chant(repo, ["work", D]);
  expect(first.status).toBe(1);
  expect(await landedInOrder(repo)).toEqual([`${D}.9`, `${D}.10`, `${D}.1`]);
  expect(first.stdout.replace(/ in [\d.]+m?s\./, ".")).toBe(`3 specs landed, 1 failed, 2 not started.

Failed:
  ${D}.2: the agent exited with code 3
    $ chant log ${D}.2

Not started:
  ${D}.3.1: it waits for ${D}.2, which has failed
    $ chant why ${D}.3.1
  ${D}.11: it waits for ${D}.3, which is held back by ${D}.2, which has failed
    $ chant why ${D}.11
`);
  expect(await statusOn(repo, D)).toBe("pending");
  const shown = await chant(repo, ["group", `${D}.9`]);
  expect(shown.stdout.replace(/ \(.*\)$/gm, "")).toBe(
    `${D}         [pending]    Driver
${D}.1       [completed]  First
${D}.2       [failed]     Second
${D}.3       [pending]    A driver below
  ${D}.3.1   [blocked]    Waits
${D}.9       [completed]  Ninth
${D}.10      [completed]  Tenth
${D}.11      [blocked]    Waits for a driver
${D}.12      [cancelled]  Called off
`.replaceAll(/^(\S+|  \S+) +\[/gm, (_, name: string) => `${name.padEnd(D.length + 6)}  [`),
  );
  expect(shown.stderr).toBe("3 of 6 members completed, 1 cancelled.\n");

  await repo.write({ "../mended": "" });
  await chantOk(repo, ["reset", `${D}.2`]);
  await chantOk(repo, ["work", D, "--max", "3"]);
  await expectNoTraces(repo);
  expect((await landedInOrder(repo)).slice(3)).toEqual([`${D}.2`, `${D}.3.1`, `${D}.11`]);
  for (const driver of [D, `${D}.3`]) {
    expect(await repo.read(path(driver))).toMatch(/status: completed\n(.*\n)*auto_completed: true\n/);
  }
  // Members decide: the driver's own boxes stay as they are.
  expect(await repo.read(path(D))).toContain("- [ ] A criterion of its own");
  expect(await statusOn(repo, OTHER)).toBe("pending");
  const group = await chantJson<{ id: string; status: string; members: readonly { id: string }[] }>(repo, [
    "group",
    D,
  ]);
  expect([group.id, group.status, ...group.members.map(({ id }) => id.slice(D.length))]).toEqual([
    D,
    "completed",
    ".1",
    ".2",
    ".3",
    ".3.1",
    ".9",
    ".10",
    ".11",
    ".12",
  ]);

  // A new member opens it again, with one status commit; a nested one gets the next number of its own driver.
  const before = await repo.git("rev-parse", "main");
  const added = await chantJson<{ id: string; reopened: readonly string[] }>(repo, [
    "add",
    "More",
    "--group",
    `${D}.3`,
  ]);
  expect(added).toMatchObject({ id: `${D}.3.2`, reopened: [`${D}.3`, D] });
  expect(await repo.git("log", "--format=%s", `${before}..main`)).toBe(
    `Reopen ${D}: ${D}.3.2 is open\nReopen ${D}.3: ${D}.3.2 is open`,
  );
  expect([await statusOn(repo, D), await statusOn(repo, `${D}.3`)]).toEqual(["pending", "pending"]);
  expect(await repo.status()).toBe(`?? ${path(`${D}.3.2`)}`);
});

test("last members that land at once complete their driver exactly once, and what waits for it starts", async () => {
  const specs = Object.fromEntries(
    [1, 2, 3].map((n) => [`${D}.${n}`, { title: `Member ${n}`, script: goodScript(`m${n}`) }]),
  );
  await using repo = await tempProject({
    specs: {
      ...specs,
      [D]: { title: "Driver", criteria: [] },
      [OTHER]: { title: "After it", dependsOn: [D], script: goodScript("after") },
    },
  });
  await chantOk(repo, ["work", "--parallel=4"]);
  await expectNoTraces(repo);
  expect((await landedInOrder(repo)).at(-1)).toBe(OTHER);
  expect([...(await landings(repo)).values()]).toEqual([1, 1, 1, 1]);
  const completions = await repo.git("log", "--format=%s", "-S", "auto_completed: true", "--", path(D));
  expect(completions.split("\n").filter((line) => !line.startsWith("Land"))).toHaveLength(1);
});

test("a member that another process works on is waited for, and what depends on it is worked then", async () => {
  const held = `: >"$CHANT_HOME/../begun"\nuntil [ -e "$CHANT_HOME/../go" ]; do sleep 0.05; done\n${goodScript("m1")}`;
  await using repo = await tempProject({
    specs: {
      [D]: { title: "Driver", criteria: [] },
      [`${D}.1`]: { title: "Held", script: held },
      [`${D}.2`]: { title: "After it", dependsOn: [`${D}.1`], script: goodScript("m2") },
      [`${D}.3`]: { title: "Alone", script: goodScript("m3") },
    },
  });
  const other = startChant(repo, ["work", `${D}.1`]);
  await eventually("the first agent works", [], () => repo.has("../begun"));
  const waiting = startChant(repo, ["work", D, "--json"]);
  await waiting.printed((stdout) => stdout.includes('"kind":"landed"'));
  await repo.write({ "../go": "" });
  expect((await other.ended).status).toBe(0);
  expect(await waiting.ended).toMatchObject({ status: 0 });
  await expectNoTraces(repo);
  expect(await statusOn(repo, D), await repo.git("log", "--stat", "--first-parent")).toBe("completed");
  expect(await landedInOrder(repo)).toEqual([`${D}.3`, `${D}.1`, `${D}.2`]);
});

test("a driver written while its member was worked is completed with it; one completed is opened by a member's start", async () => {
  const driver = "---\\ntype: code\\nstatus: pending\\n---\\n\\n# Driver\\n";
  const script = `printf '%b' '${driver}' >"$CHANT_HOME/${path(D)}"\n${goodScript("m1")}`;
  await using repo = await tempProject({ specs: { [`${D}.1`]: { title: "Member 1", script } } });
  await chantOk(repo, ["work"]);
  expect(await statusOn(repo, D)).toBe("completed");
  expect(await repo.status()).toBe("");

  const open = `git show main:${path(D)} | grep -q "^status: pending"\n${goodScript("m2")}`;
  await writeSpec(repo, `${D}.2`, { title: "Written by hand", script: open });
  await chantOk(repo, ["work", D]);
  await expectNoTraces(repo);
  expect(await statusOn(repo, D)).toBe("completed");
  expect(await landedInOrder(repo)).toEqual([`${D}.1`, `${D}.2`]);
});
