import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EFFECTS } from "../../../src/host/effects.ts";
import { chant, chantOk, isNodeUnderTest, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

/** There are 10 in all. */
const CHECK = `total=0
for file in share-*; do [ ! -e "$file" ] || total=$((total + $(cat "$file"))); done
echo "total $total"
[ "$total" -le 10 ]
`;

/** Takes 6; asked once more, it looks what others took, and is content with the rest. */
const greedy = (name: string): string => `if [ "$CHANT_ATTEMPT" = 1 ]; then
  echo 6 >share-${name}
else
  cp "$CHANT_PROMPT_FILE" "$CHANT_HOME/../asked-again"
  git merge -q -m "Bring main in" main
  echo 4 >share-${name}
fi
chant tick --all
git add -A
git commit -q -m "Take some"`;

const project = (specs: Readonly<Record<string, SpecDraft>>, gate = "sh check.sh"): Promise<TempRepo> =>
  tempProject({
    specs,
    files: { "check.sh": CHECK },
    config: `merge: { gates: [${JSON.stringify(gate)}] }\n`,
  });

test("two specs that are green alone and red together: the agent of the second goes on with the output, and both land", async () => {
  await using repo = await project({
    [A]: { title: "A", script: greedy("a") },
    [B]: { title: "B", script: greedy("b") },
  });
  const told = await chantOk(repo, ["work", "--parallel=2", "--yes", "--no-watch"]);
  expect(told).toContain("2 specs landed");
  expect([await statusOn(repo, A), await statusOn(repo, B)]).toEqual(["completed", "completed"]);
  const asked = await readFile(join(repo.root, "asked-again"), "utf8");
  expect(asked).toContain('merged with main, the gate "sh check.sh" exited with code 1.');
  expect(asked).toContain("total 12");
  const logs = await Promise.all([A, B].map((id) => chantOk(repo, ["log", id])));
  expect(logs.join("")).toMatch(/gate on its files merged with main.*: sh check.sh/);
  expect(logs.join("")).toMatch(/does not pass the gates: .*; its agent goes on with that/);
  await expectNoTraces(repo);
});

test.skipIf(isNodeUnderTest)(
  "work that is killed while gates run leaves nothing that watch does not clear away, and they run once more",
  async () => {
    await using repo = await project(
      { [A]: { title: "A", script: goodScript("a.txt") } },
      `echo $$ >>"$CHANT_HOME/../gate-runs"; [ -e "$CHANT_HOME/../go" ] || sleep 600`,
    );
    const running = startChant(repo, ["work", "--yes", "--no-watch"]);
    await eventually("the gate runs", [repo.root], () => repo.has("../gate-runs"));
    const why = await chantOk(repo, ["why", A]);
    expect(why).toContain("The gates run on it merged with main, or wait for their turn");
    expect(await chantOk(repo, ["status", "--json"])).toContain('"gating"');
    running.kill("SIGKILL");
    await running.ended;
    expect(repo.processes().map(({ command }) => command)).toContain("sleep 600");
    await writeFile(join(repo.root, "go"), "");
    await chantOk(repo, ["watch", "--once"]);
    expect((await readFile(join(repo.root, "gate-runs"), "utf8")).trim().split("\n")).toHaveLength(2);
    expect(await statusOn(repo, A)).toBe("completed");
    await expectNoTraces(repo);
  },
);

test.skipIf(isNodeUnderTest)(
  "a run that is paused while its gates run, and a work that is asked to end meanwhile: the gates are gone, and run later",
  async () => {
    await using repo = await project(
      { [A]: { title: "A", script: goodScript("a.txt") } },
      `echo $$ >>"$CHANT_HOME/../gate-runs"; [ -e "$CHANT_HOME/../go" ] || sleep 600`,
    );
    const gates = async (): Promise<number> =>
      (await readFile(join(repo.root, "gate-runs"), "utf8").catch(() => "")).split("\n").length - 1;
    const isSleeping = (): boolean => repo.processes().some(({ command }) => command === "sleep 600");
    const first = startChant(repo, ["work", "--yes", "--no-watch"]);
    await eventually("the gate runs", [repo.root], async () => (await gates()) === 1);
    await chantOk(repo, ["pause", A]);
    await first.ended;
    expect(isSleeping()).toBe(false);
    expect(await statusOn(repo, A)).toBe("paused");
    const second = startChant(repo, ["resume", A, "--work"]);
    await eventually("the gate runs again", [repo.root], async () => (await gates()) === 2);
    second.kill("SIGINT");
    expect((await second.ended).status).toBe(130);
    expect(isSleeping()).toBe(false);
    await writeFile(join(repo.root, "go"), "");
    await chantOk(repo, ["work", "--no-watch"]);
    expect(await statusOn(repo, A)).toBe("completed");
    await expectNoTraces(repo);
  },
);

for (const name of EFFECTS.filter((each) => each.startsWith("gate."))) {
  for (const side of ["before", "after"]) {
    test.skipIf(isNodeUnderTest)(
      `kill -9 ${side} ${name}, then work again: the same end as without`,
      async () => {
        await using repo = await project({ [A]: { title: "A", script: goodScript("a.txt") } });
        const once = join(repo.root, "once");
        await writeFile(once, "");
        const env = { CHANT_FAIL: `${name}:${side}`, CHANT_FAIL_ONCE: once };
        await chant(repo, ["work", "--yes", "--no-watch"], { env });
        expect(repo.has("../once"), "the effect was met").toBe(false);
        await chantOk(repo, ["work", "--no-watch"]);
        await expectNoTraces(repo);
        expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
      },
    );
  }
}
