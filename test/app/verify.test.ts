import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finalizeTicked } from "../../src/app/engine/here.ts";
import { openSession } from "../../src/app/engine/session.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { makeFolder, writeAtomic } from "../../src/host/files.ts";
import { goneIdentity, ownIdentity } from "../../src/host/identity.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { type SpecDraft, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { expectNoTraces, statusOn } from "../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const D = "2026-01-01-003-ddd";
const P = "2026-01-01-004-ppp";

const done = (title: string, checks: readonly string[], more: SpecDraft = {}): SpecDraft => ({
  title,
  status: "completed",
  criteria: ["No check here", ...checks.map((check) => `${title} holds <!-- check: ${check} -->`)],
  ...more,
});

const project = (): Promise<TempRepo> =>
  tempProject({
    files: { "a.txt": "good\n", ".gitignore": ".env\n", "run.sh": 'echo "$1" >>../ran; exit 0' },
    specs: {
      [A]: done("A", ["grep -q good a.txt", "sh run.sh once"], { labels: ["api"] }),
      [B]: done("B", ["sh run.sh once", "sh mess.sh; cat .env; exit 4"]),
      [D]: done("D", [], { type: "driver" }),
      [`${D}.1`]: done("Member", ["git log -1 --format=%s"]),
      [P]: { title: "P", criteria: ["Later <!-- check: true -->"] },
    },
  });

const leftIn = async (repo: TempRepo): Promise<readonly string[]> => readdir(repo.worktrees);

test("verify runs each check once on the last commit, leaves home alone, and says how each criterion does", async () => {
  await using repo = await project();
  // What is not committed does not count, and stays.
  await repo.write({ "a.txt": "edited\n" });
  const refused = await chantInProcess(repo, ["verify", "--all"]);
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain(
    "Nobody has let this command run here yet: grep -q good a.txt (and 3 more)",
  );
  const { status, stdout, stderr } = await chantInProcess(repo, ["verify", "--all", "--yes"]);
  expect(stdout.replaceAll(/\d+(?:\.\d+)?m?s\)/g, "TIME)")).toBe(`${A}  A
  2  passed  A holds  grep -q good a.txt (TIME)
  3  passed  A holds  sh run.sh once (TIME)
${B}  B
  2  passed  B holds  sh run.sh once (TIME)
  3  failed  B holds  sh mess.sh; cat .env; exit 4 exited with code 4 (TIME)
       sh: 0: cannot open mess.sh: No such file
       cat: .env: No such file or directory
${D}.1  Member
  2  passed  Member holds  git log -1 --format=%s (TIME)
`);
  expect(status).toBe(1);
  expect(stderr).toContain("[2/4] sh run.sh once\n");
  expect(stderr.trimEnd().split("\n").at(-1)).toBe("5 criteria on main: 4 passed, 1 failed.");
  expect(await repo.read("../worktrees/ran").catch(() => "gone")).toBe("once\n");
});

test("it takes ids, drivers and labels, shows without running, and refuses what has not landed", async () => {
  await using repo = await project();
  expect(await chantInProcess(repo, ["verify", D, "--dry-run"])).toMatchObject({
    status: 0,
    stdout: `${D}.1  Member\n  2  not run  Member holds  git log -1 --format=%s\n`,
    stderr: "Nothing was run. 1 command of it nobody has let run here yet: chant trust commands\n",
  });
  const planned = await chantInProcess(repo, ["verify", "--label", "api", "--dry-run", "--json"]);
  expect(JSON.parse(planned.stdout)).toEqual({
    version: 1,
    data: {
      target: "main",
      commit: await repo.git("rev-parse", "main"),
      isDryRun: true,
      specs: [
        {
          id: A,
          title: "A",
          criteria: [
            { number: 2, text: "A holds", check: "grep -q good a.txt", result: "not_run" },
            { number: 3, text: "A holds", check: "sh run.sh once", result: "not_run" },
          ],
        },
      ],
      unchecked: [],
    },
  });
  expect(await leftIn(repo)).toEqual([]);
  const refusals: readonly (readonly [readonly string[], number, string])[] = [
    [[], 2, "Nothing says which specs are meant"],
    [[A, "--all"], 2, "do not go together"],
    [[P], 1, `${P} is pending on main: only what has landed can be verified`],
    [["../x"], 1, "no spec"],
    [["2026-01-01-00"], 1, "matches"],
  ];
  for (const [words, status, message] of refusals) {
    const said = await chantInProcess(repo, ["verify", ...words]);
    expect(said.status, words.join(" ")).toBe(status);
    expect(said.stderr.toLowerCase()).toContain(message.toLowerCase());
  }
});

test("the folder is made ready as a worktree is, what was done there goes, and so does what a killed one left", async () => {
  await using repo = await tempProject({
    files: { "a.txt": "a\n", ".gitignore": ".env\n" },
    specs: {
      [A]: done("A", [
        'test "$(cat .env ready.txt)" = "$(printf "secret\\nready")" && test -z "$(git status --porcelain -uno)"',
        "echo x >a.txt && git commit -qam x && git tag left && git stash list && echo more >>a.txt && git stash -q",
      ]),
    },
  });
  const config = (await repo.read(".chant/config.md")).replace(
    /worktree: \{ (.*) \}/,
    "worktree: { $1, copy: [.env], setup: [echo ready >ready.txt] }",
  );
  await repo.write({ ".env": "secret\n", ".chant/config.md": config });
  const workspace = await openWorkspace(repo.path, repo.env);
  const { checking } = workspace.places;
  const dead = join(checking, "token");
  const old = join(repo.worktrees, "chant-verify-old");
  for (const folder of [dead, old]) await makeFolder(folder);
  const owner = { owner: goneIdentity(ownIdentity()), token: "token", path: old };
  await writeAtomic(join(dead, "owner.json"), JSON.stringify(owner));
  const before = await repo.git("for-each-ref");
  const { status, stdout, stderr } = await chantInProcess(repo, ["verify", A, "--yes", "--json"]);
  expect({ status, stderr: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, stderr: "" });
  expect(await repo.git("for-each-ref")).toBe(before);
  expect(await repo.git("stash", "list")).toBe("");
  expect(await leftIn(repo)).toEqual([]);
  expect(await readdir(checking)).toEqual([]);
  await expectNoTraces(repo, { isClean: false });
  await repo.write({ ".chant/config.md": config.replace("echo ready >ready.txt", "echo no; exit 2") });
  const unready = await chantInProcess(repo, ["verify", A, "--yes"]);
  expect(unready.stderr).toContain(
    'The folder for the checks could not be set up: "echo no; exit 2" exited with code 2: no.',
  );
  expect(await leftIn(repo)).toEqual([]);
});

test("without a check there is nothing to run, and that is said", async () => {
  await using repo = await tempProject({ specs: { [A]: done("A", []), [P]: { title: "P" } } });
  expect(await chantInProcess(repo, ["verify", A])).toEqual({
    status: 0,
    stdout: "",
    stderr: `${A} has no criterion with a check.\n`,
  });
  expect((await chantInProcess(repo, ["verify", "--all"])).stderr).toBe(
    "No completed spec on main has a check.\n",
  );
});

test("what a person worked on in the checkout is finalized only when its checks pass on what is committed", async () => {
  await using repo = await tempProject({
    files: { "a.txt": "bad\n" },
    specs: { [A]: { title: "A", criteria: ["Good <!-- check: grep good a.txt -->"] } },
  });
  await chantInProcess(repo, ["start", A, "--here"]);
  await chantInProcess(repo, ["tick", A, "1"]);
  await repo.commitAll("Ticked");
  // Nobody finalizes it unasked.
  const workspace = await openWorkspace(repo.path, repo.env);
  using session = await openSession(workspace.repo, () => undefined);
  expect(await finalizeTicked(session)).toBe(false);
  expect((await chantInProcess(repo, ["finalize", A])).stderr).toContain("Nobody has let this command run");
  await chantInProcess(repo, ["trust", "--yes"]);
  await repo.write({ "a.txt": "good\n" });
  const red = await chantInProcess(repo, ["finalize", A]);
  expect(red).toMatchObject({ status: 1, stdout: "" });
  expect(red.stderr).toContain('the check of criterion 1 failed: "grep good a.txt" exited with code 1');
  await repo.commitAll("Good");
  expect(await chantInProcess(repo, ["finalize", A])).toMatchObject({ status: 0 });
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});
