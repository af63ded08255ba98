import { expect, test } from "vitest";
import { chant, chantOk, isNodeUnderTest, startChant } from "../../kit/chant.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, landings } from "../../kit/traces.ts";

const id = (n: number): string => `2026-01-01-${String(n).padStart(3, "0")}-abc`;

function many(count: number, seconds: number): Record<string, SpecDraft> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      id(at + 1),
      {
        title: `Spec ${at + 1}`,
        script: `sleep ${seconds}\n${goodScript(`out/file-${at + 1}.txt`).replace("echo", "mkdir -p out; echo")}`,
      },
    ]),
  );
}

const crowd = isNodeUnderTest ? 60 : 200;

test(`${crowd} specs, 16 agents: all land`, { timeout: 180_000 }, async () => {
  const specs = many(crowd, 0.2);
  await using repo = await tempProject({ specs });
  await chantOk(repo, ["work", "--parallel=16"], { limitMs: 170_000 });
  await expectNoTraces(repo);
  const landed = await landings(repo);
  expect([...landed.keys()].toSorted()).toEqual(Object.keys(specs));
  expect(Math.max(...landed.values())).toBe(1);
});

test("never more agents at once than asked for", async () => {
  const specs = many(12, 0.1);
  for (const draft of Object.values(specs)) {
    const count = 'ls "$CHANT_HOME/../count" | wc -l >>"$CHANT_HOME/../most"';
    Object.assign(draft, {
      script: `touch "$CHANT_HOME/../count/$$"\n${count}\n${draft.script ?? ""}\nrm "$CHANT_HOME/../count/$$"`,
    });
  }
  await using repo = await tempProject({ specs });
  await repo.write({ "../count/.keep": "" });
  await chantOk(repo, ["work", "--max", "3"]);
  const most = (await repo.read("../most")).trim().split(/\s+/).map(Number);
  expect(Math.max(...most)).toBeLessThanOrEqual(3);
  expect(Math.max(...most)).toBeGreaterThan(1);
});

test(
  "a user who keeps committing, editing, staging and creating files loses nothing",
  { timeout: 120_000 },
  async () => {
    const specs = many(20, 0.2);
    await using repo = await tempProject({ specs, files: { "mine.txt": "0\n", "edited.txt": "0\n" } });
    const running = startChant(repo, ["work", "--parallel=4"]);
    const end = new AbortController();
    const ended = running.ended.finally(() => end.abort());
    const committed: string[] = [];
    let round = 0;
    while (!end.signal.aborted) {
      round += 1;
      await repo.write({
        "mine.txt": `${round}\n`,
        [`committed-${round}.txt`]: `${round}\n`,
        [`untracked-${round}.txt`]: `${round}\n`,
        [`staged-${round}.txt`]: `${round}\n`,
        "edited.txt": `edited ${round}\n`,
      });
      // The index may be busy with a landing for a moment, as with any other git command: a user tries again.
      if (await tried(() => repo.git("add", "mine.txt", `committed-${round}.txt`))) {
        const paths = ["mine.txt", `committed-${round}.txt`];
        if (await tried(() => repo.git("commit", "-q", "-m", `User ${round}`, "--only", "--", ...paths))) {
          committed.push(`User ${round}`);
        }
      }
      await tried(() => repo.git("add", `staged-${round}.txt`));
    }
    const { status, stderr } = await ended;
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    expect(committed.length).toBeGreaterThan(3);
    await expectNoTraces(repo, { isClean: false });
    expect((await landings(repo)).size).toBe(20);
    const subjects = (await repo.git("log", "--first-parent", "--format=%s")).split("\n");
    expect(subjects.filter((line) => line.startsWith("User "))).toEqual(committed.toReversed());
    expect(await repo.read("edited.txt")).toBe(`edited ${round}\n`);
    for (let n = 1; n <= round; n += 1) {
      for (const kind of ["committed", "untracked", "staged"]) {
        expect(await repo.read(`${kind}-${n}.txt`)).toBe(`${n}\n`);
      }
    }
    // What is changed against HEAD is the user's, and nothing else.
    const changed = (await repo.status()).split("\n").map((line) => line.slice(3));
    expect(
      changed.filter((path) => !/^(mine|edited|(committed|staged|untracked)-\d+)\.txt$/.test(path)),
    ).toEqual([]);
  },
);

async function tried(doing: () => Promise<unknown>): Promise<boolean> {
  for (let n = 0; n < 50; n += 1) {
    try {
      await doing();
      return true;
    } catch (error) {
      if (!(error instanceof Error) || !/index\.lock|cannot lock ref/.test(error.message)) throw error;
    }
  }
  return false;
}

test("two `work` on the same spec: one runs, the other says who has it and exits 75", async () => {
  const script = `echo here >"$CHANT_HOME/../here"\nwhile [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.05; done\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [id(1)]: { title: "One", script } } });
  const first = startChant(repo, ["work", id(1)]);
  const { eventually } = await import("../../kit/eventually.ts");
  await eventually("the agent is at work", [repo.root], () => repo.has("../here"));
  const second = await chant(repo, ["work", id(1)]);
  expect(second.status).toBe(75);
  expect(second.stdout + second.stderr).toContain(`process ${first.pid}`);
  await repo.write({ "../go": "" });
  expect((await first.ended).status).toBe(0);
  await expectNoTraces(repo);
});

test("two `work` at once share what is ready, and each spec lands once", async () => {
  const specs = many(12, 0.1);
  await using repo = await tempProject({ specs });
  const [one, two] = await Promise.all([
    chant(repo, ["work", "--parallel=2"]),
    chant(repo, ["work", "--parallel=2"]),
  ]);
  expect([one.status, two.status]).toEqual([0, 0]);
  const landed = await landings(repo);
  expect(landed.size).toBe(12);
  expect(Math.max(...landed.values())).toBe(1);
  await expectNoTraces(repo);
});

test("a chain goes in the order of ids and stops at the first failure, unless it is to keep going", async () => {
  const specs = {
    [id(1)]: { title: "1", script: goodScript("1.txt") },
    [id(2)]: { title: "2", script: "exit 1" },
    [id(3)]: { title: "3", script: goodScript("3.txt") },
  };
  await using repo = await tempProject({ specs });
  const first = await chant(repo, ["work", "--chain"]);
  expect(first.status).toBe(1);
  expect([...(await landings(repo)).keys()]).toEqual([id(1)]);
  const second = await chant(repo, ["work", "--chain", "--keep-going"]);
  expect(second.status).toBe(0);
  expect((await landings(repo)).size).toBe(2);
});
