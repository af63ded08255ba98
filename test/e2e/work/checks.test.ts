import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chant, chantOk, isNodeUnderTest, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, type SpecDraft, tempProject, writeSpec } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

const withCheck = (check: string, script: string): SpecDraft => ({
  title: "A",
  criteria: [`All is well <!-- check: ${check} -->`, "It is there"],
  script,
});

const refsOf = (repo: TempRepo): Promise<string> =>
  repo.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags", "refs/stash");

/** Does to a repository whatever a test suite might, and more. */
const MESS = `set -e
git log -1 --format=%s
test -z "$(git status --porcelain)"
echo changed >a.txt
rm README.md
mkdir -p made/deep && echo new >made/deep/new.txt
printf '*\\n' >made/.gitignore
echo cache >cache.tmp
ln -s / root
git init -q nested
git add -A . ':!nested' && git -c user.name=x -c user.email=x@x commit -qm "of a check" && git tag left && git branch left
echo more >>a.txt && git stash -q && git config core.hooksPath /tmp
git checkout -q -b elsewhere
mkdir data && chmod 500 data
setsid sleep 600 &
rm -rf .git && git init -q .
echo 'all 3 tests pass'
`;

test("what a check leaves behind is discarded: exactly what was judged lands, and the log has what it printed", async () => {
  await using repo = await tempProject({
    files: { "README.md": "# A project\n", "mess.sh": MESS, ".gitignore": "*.tmp\n" },
    specs: { [A]: withCheck("sh mess.sh", goodScript("a.txt")) },
  });
  const refs = await refsOf(repo);
  const config = await repo.git("config", "--local", "--list");
  const { status, stdout, stderr } = await chant(repo, ["work", "--yes", "--no-watch"]);
  expect({ status, stderr: status === 0 ? "" : `${stdout}${stderr}` }).toEqual({ status: 0, stderr: "" });
  expect(await repo.git("diff", "--name-status", "HEAD^1", "HEAD")).toBe(`M\t.chant/specs/${A}.md\nA\ta.txt`);
  expect(await repo.read("a.txt")).toBe("done\n");
  expect(await refsOf(repo)).toBe(refs);
  expect(await repo.git("stash", "list")).toBe("");
  expect(await repo.git("config", "--local", "--list")).toBe(config);
  await expectNoTraces(repo);
  const log = await chantOk(repo, ["log", A]);
  expect(log).toMatch(
    /== check 1 of 1, of criterion 1: sh mess\.sh\n.*Add a\.txt\n(?:.*\n)*.*all 3 tests pass\n.*== check 1 of 1 passed, after/,
  );
});

/** Does what the check asks for once it has been told of it. */
const LEARNS = `grep 'ghp[_]' "$CHANT_PROMPT_FILE" && exit 7
if grep -q 'expected [2], got 1' "$CHANT_PROMPT_FILE"; then echo 2 >count.txt; else echo 1 >count.txt; fi
sed -i 's/check: sh count.sh/check: true/' "$CHANT_SPEC_FILE"
chant tick --all; git add -A; git commit -qm count; echo kept >scratch.tmp`;

test.skipIf(isNodeUnderTest)(
  "a check that fails fails the run, unticks nothing, and what it printed is told to the agent that goes on",
  async () => {
    const check =
      'echo junk >junk.txt; rm scratch.tmp; touch other.tmp; test "$(cat count.txt)" = 2 || { echo "token ghp_abcdefghijklmnopqrstuvwxyz0123: expected 2, got $(cat count.txt)"; exit 3; }';
    await using repo = await tempProject({
      files: { "count.sh": check, ".gitignore": "*.tmp\n" },
      specs: { [A]: withCheck("sh count.sh", LEARNS), [B]: { script: goodScript("b.txt") } },
    });
    const untrusted = await chant(repo, ["work", "--no-watch"]);
    expect(untrusted.status).toBe(1);
    expect(untrusted.stdout).toContain('nobody has let its check "sh count.sh" run here yet');
    expect([await statusOn(repo, A), await statusOn(repo, B)]).toEqual(["pending", "completed"]);
    // An agent's own change of its check does not count.
    await chantOk(repo, ["trust", "commands", "--yes"]);
    const failed = await chant(repo, ["work", "--no-watch"]);
    expect(failed.status).toBe(1);
    expect(failed.stdout).toContain(
      'the check of criterion 1 failed: "sh count.sh" exited with code 3: token [redacted]: expected 2, got 1',
    );
    expect(await statusOn(repo, A)).toBe("failed");
    const worktree = join(repo.worktrees, `chant-${A}`);
    expect(await repo.gitIn(worktree, "status", "--porcelain")).toBe("");
    expect(await repo.gitIn(worktree, "rev-parse", "--abbrev-ref", "HEAD")).toBe(`chant/${A}`);
    expect(await repo.gitIn(worktree, "show", `HEAD:.chant/specs/${A}.md`)).toContain("- [x] All is well");
    expect(repo.has(`../worktrees/chant-${A}/other.tmp`)).toBe(false);
    await chantOk(repo, ["resume", A, "--work"]);
    expect(await repo.read("count.txt")).toBe("2\n");
    await expectNoTraces(repo);
  },
);

test.skipIf(isNodeUnderTest)(
  "while checks run, status, why and the dashboard say so; a pause stops them, and a resume lands",
  async () => {
    await using repo = await tempProject({
      files: { "wait.sh": 'until test -e "$CHANT_HOME/../go"; do sleep 0.05; done' },
      specs: { [A]: withCheck("sh wait.sh", goodScript("a.txt")) },
    });
    const working = startChant(repo, ["work", "--yes", "--no-watch"]);
    const seen = await eventually("its check runs", [], async () => {
      const why = await chantOk(repo, ["why", A]);
      return why.includes("check 1 of 1 runs since") ? why : undefined;
    });
    expect(seen).toMatch(/Its agent is done, and its criteria are checked: .*, sh wait\.sh\./);
    expect(await chantOk(repo, ["status"])).toContain("checking");
    expect(await chantOk(repo, ["dashboard"])).toContain("checking");
    await chantOk(repo, ["pause", A]);
    await working.ended;
    expect(await statusOn(repo, A)).toBe("paused");
    await writeFile(join(repo.root, "go"), "");
    await chantOk(repo, ["resume", A, "--work"]);
    expect(await repo.read("a.txt")).toBe("done\n");
    await expectNoTraces(repo);
  },
);

test.skipIf(isNodeUnderTest)(
  "a check that nobody has let run holds the run until a person has; --force leaves out those of open criteria",
  async () => {
    await using repo = await tempProject({
      specs: { [A]: { title: "A", criteria: ["Well"], script: "echo a >a.txt" } },
    });
    expect((await chant(repo, ["work", "--no-watch"])).status).toBe(1);
    // Somebody adds a check meanwhile, and it is not trusted.
    const spec = `.chant/specs/${A}.md`;
    const write = async (check: string): Promise<void> => {
      const text = (await repo.read(spec)).replace(/\] Well.*/, `] Well <!-- check: ${check} -->`);
      await repo.write({ [spec]: text });
      await repo.commitAll("A check");
    };
    await write("exit 9");
    const worktree = join(repo.worktrees, `chant-${A}`);
    await chantOk(repo, ["tick", "1"], { cwd: worktree });
    const untrusted = await chant(repo, ["finalize", A]);
    expect(untrusted.status).toBe(1);
    expect(untrusted.stdout + untrusted.stderr).toContain('nobody has let its check "exit 9" run here');
    await chantOk(repo, ["trust", "--yes"]);
    const red = await chant(repo, ["finalize", A]);
    expect(red.stdout + red.stderr).toContain('"exit 9" exited with code 9');
    await repo.gitIn(worktree, "checkout", "-q", "HEAD^", "--", spec);
    await chantOk(repo, ["finalize", A, "--force"]);
    expect(await statusOn(repo, A)).toBe("completed");
    await expectNoTraces(repo);
  },
);

test.skipIf(isNodeUnderTest)(
  "in a silent project the checks on disk count, and the copy of the spec is put back",
  async () => {
    await using repo = await tempProject({ commit: false });
    await repo.write({ "README.md": "# A project\n" });
    await repo.git("add", "README.md");
    await repo.git("commit", "-qm", "First commit");
    await chantOk(repo, ["init", "--silent", "--defaults"]);
    const script = `${goodScript("a.txt")}\nsed -i 's/git clean/true/' "$CHANT_SPEC_FILE"`;
    const check = 'git clean -fdxq && test -e a.txt && test "$(cat ../result)" = good';
    await writeSpec(repo, A, withCheck(check, script));
    await writeFile(join(repo.worktrees, "result"), "bad");
    const red = await chant(repo, ["work", "--yes", "--no-watch"]);
    expect(red.stdout).toContain("exited with code 1");
    expect(
      await readFile(join(repo.worktrees, `chant-${A}`, ".chant", "specs", `${A}.md`), "utf8"),
    ).toContain("- [x] All is well");
    await writeFile(join(repo.worktrees, "result"), "good");
    await chantOk(repo, ["finalize", A]);
    expect(await repo.read("a.txt")).toBe("done\n");
    await rm(join(repo.worktrees, "result"));
    await expectNoTraces(repo);
  },
);

test.skipIf(isNodeUnderTest)(
  "what a person does where checks were cut off is kept when the run goes on",
  async () => {
    await using repo = await tempProject({ specs: { [A]: withCheck("true", goodScript("a.txt")) } });
    // Its runner dies there, and whoever would start the next one is gone.
    const env = { CHANT_FAIL: "command.spawn:before" };
    const cutOff = startChant(repo, ["work", "--yes", "--no-watch"], { env });
    const runs = join(repo.path, ".git/chant/work");
    await eventually("its checks have begun", [repo.root], async () => {
      const files = await readdir(runs, { recursive: true }).catch(() => []);
      return files.some((file) => file.endsWith("/checks.json"));
    });
    cutOff.kill("SIGKILL");
    await cutOff.ended;
    await repo.quiet();
    expect(await statusOn(repo, A)).toBe("in_progress");
    await writeFile(join(repo.worktrees, `chant-${A}`, "mine.txt"), "of a person\n");
    await chantOk(repo, ["work", "--no-watch"]);
    await expectNoTraces(repo);
    const kept = await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${A}`);
    expect(await repo.git("show", `${kept.split("\n").at(-1)}:mine.txt`)).toBe("of a person");
  },
);

describe.skipIf(isNodeUnderTest)("killed anywhere", () => {
  // Where a check is at work, and where all that it left is there. The others are alike.
  for (const point of ["command.spawn:after", "checks.back:before"]) {
    test(`kill -9 at ${point}, then work again: the same end as without`, async () => {
      await using repo = await tempProject({
        files: { "mess.sh": MESS, "README.md": "# A project\n" },
        specs: { [A]: withCheck("sh mess.sh", goodScript("a.txt")) },
      });
      const once = join(repo.root, "once");
      await writeFile(once, "");
      const env = { CHANT_FAIL: point, CHANT_FAIL_ONCE: once };
      await chant(repo, ["work", "--yes", "--no-watch"], { env });
      expect(repo.has("../once"), "the point was met").toBe(false);
      await chant(repo, ["work", "--no-watch"]);
      expect(await repo.git("diff", "--name-status", "HEAD^1", "HEAD")).toBe(
        `M\t.chant/specs/${A}.md\nA\ta.txt`,
      );
      expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
      await expectNoTraces(repo);
    });
  }
});
