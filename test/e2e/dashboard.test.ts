import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, programUnderTest, startChant } from "../kit/chant.ts";
import { type Running, start } from "../kit/process.ts";
import { tempProject, writeSpec } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const id = (n: number): string => `2026-01-01-00${n}-abc`;
const GO = "while [ ! -e $CHANT_HOME/../go ]; do sleep 0.02; done";
const SCRIPT = "/usr/bin/script";

const today = (): string => new Date().toISOString().slice(0, 10);

const specs = () => ({
  [id(1)]: { title: "Works", script: `echo building\n${GO}\nchant tick --all` },
  [id(2)]: { title: "Waits for it", dependsOn: [id(1)] },
  [id(3)]: { title: "Broke", status: "failed", front: "attention: { reason: criterion 1 is not ticked }\n" },
  [id(4)]: {
    title: "Landed",
    status: "completed",
    front: `completed_at: ${today()}T00:00:00Z\n`,
  },
  [id(5)]: { title: "Old", status: "completed", front: "completed_at: 2026-01-02T00:00:00Z\n" },
  [id(6)]: { title: "Ready" },
});

test("--once, and anything that is no terminal, prints every spec by status", async () => {
  await using repo = await tempProject({ specs: specs() });
  const printed = await chantOk(repo, ["dashboard"]);
  expect(printed).toMatchInlineSnapshot(`
    "project on main, no watch runs
    1 failed, 2 pending, 1 blocked, 2 completed

    Needs a person: chant why ID (1)
      2026-01-01-003-abc  failed  Broke: criterion 1 is not ticked

    Waits (1)
      2026-01-01-002-abc  Waits for it  for 2026-01-01-001-abc "Works", which is not completed yet

    Landed today (1)
      2026-01-01-004-abc  00:00  Landed

    Pending (2)
      2026-01-01-001-abc  0/1  Works
      2026-01-01-006-abc  0/1  Ready

    Completed before (1)
      2026-01-01-005-abc  0/1  Old
    "
  `);
  expect(await chantOk(repo, ["dashboard", "--once"])).toBe(printed);
  const data = await chantJson<Record<string, unknown>>(repo, ["dashboard"]);
  expect(Object.keys(data)).toEqual([
    "atMs",
    "home",
    "branch",
    "counts",
    "running",
    "attention",
    "waiting",
    "landedToday",
    "specs",
  ]);
  expect(await chant(repo, ["dashboard", "--live"])).toMatchObject({ status: 2, stdout: "" });
  expect(await chant(repo, ["dashboard", "--live", "--once"])).toMatchObject({ status: 2, stdout: "" });
  expect(await repo.status()).toBe("");
});

interface Shown {
  readonly data: {
    readonly running: readonly { readonly id: string; readonly run?: { readonly last?: { text: string } } }[];
    readonly landedToday: readonly { readonly id: string }[];
    readonly waiting: readonly { readonly id: string; readonly kind: string }[];
  };
}

test("--live --json follows a run from its start to its landing, one object a change", async () => {
  await using repo = await tempProject({ specs: specs() });
  const follow = startChant(repo, ["dashboard", "--live", "--json"]);
  const seen = (): readonly Shown[] =>
    follow
      .stdout()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Shown);
  await follow.printed(() => seen().length > 0);
  expect(seen()[0]?.data).toMatchObject({ running: [], waiting: [{ id: id(2), kind: "dependencies" }] });
  const work = startChant(repo, ["work", id(1)]);
  await follow.printed(() => seen().at(-1)?.data.running[0]?.run?.last?.text === "building");
  await repo.write({ "../go": "" });
  expect(await work.ended).toMatchObject({ status: 0 });
  await follow.printed(
    () =>
      seen()
        .at(-1)
        ?.data.landedToday.some((each) => each.id === id(1)) === true,
  );
  // What it waited for is on the target now.
  await follow.printed(() => seen().at(-1)?.data.waiting.length === 0);
  follow.kill("SIGINT");
  expect(await follow.ended).toMatchObject({ status: 130, stderr: "" });
});

/** Runs the dashboard on a terminal of 60 by 20 cells; what is typed comes through a file that grows. */
function onTerminal(repo: TempRepo): Running {
  const program = programUnderTest()
    .map((word) => `'${word}'`)
    .join(" ");
  const typed = `(until [ -s ../key ]; do sleep 0.02; done; cat ../key; until [ -e ../over ]; do sleep 0.02; done)`;
  const line = `stty cols 60 rows 20; ${program} dashboard; echo "status $?, $(stty -a | grep --text -o '[-]*icanon')"`;
  return start("sh", ["-c", `${typed} | ${SCRIPT} --quiet --command "$0" /dev/null; touch ../over`, line], {
    cwd: repo.path,
    env: { ...repo.env, TERM: "xterm" },
  });
}

const ESCAPE = "\u001b";

test.skipIf(!existsSync(SCRIPT)).for([
  ["q", "q", 0],
  ["Ctrl-C", "\u0003", 130],
] as const)("on a terminal it shows changes in place until %s", async ([, key, status]) => {
  await using repo = await tempProject({ specs: specs() });
  const shown = onTerminal(repo);
  await shown.printed((stdout) => stdout.includes("Ready"));
  expect(shown.stdout()).toContain(`${ESCAPE}[?1049h`);
  await writeSpec(repo, id(7), { title: "Just added" });
  await shown.printed((stdout) => stdout.includes("Just added"));
  await repo.write({ "../key": key });
  await shown.printed((stdout) => stdout.includes("status "));
  await repo.write({ "../over": "" });
  await shown.ended;
  const after = shown.stdout().slice(shown.stdout().indexOf(`${ESCAPE}[?1049l`));
  expect(after).toContain(`status ${status}, icanon`);
});
