import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chantOk, startChant } from "../../kit/chant.ts";
import { goodScript, tempProject, type ProjectOptions } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

/** What users and cleaners do to branch, target, home and worktree, exactly while the agent works: its script does it. */
const A = "2026-01-01-001-abc";
const HOME = 'git -C "$CHANT_HOME"';
const WORK = goodScript("one.txt");

const project = (script: string, options: ProjectOptions = {}): Promise<TempRepo> =>
  tempProject({ ...options, specs: { [A]: { title: "One", script } } });

/** What git does is the same under both runtimes. */
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";

async function expectLanded(repo: TempRepo, branch = "main"): Promise<void> {
  await expectNoTraces(repo);
  expect(await statusOn(repo, A, branch)).toBe("completed");
  expect(Object.fromEntries(await landings(repo, branch))).toEqual({ [A]: 1 });
  expect(await repo.git("show", `${branch}:one.txt`)).toBe("done");
}

test.runIf(isHere)(
  "an index.lock of the user's makes the landing wait by name, and is never removed",
  async () => {
    await using repo = await project(`${WORK}\n: >"$CHANT_HOME/.git/index.lock"`);
    const running = startChant(repo, ["work"]);
    await running.printed((_out, err) => err.includes("waits"));
    expect(running.stderr()).toContain("index.lock");
    await rm(join(repo.path, ".git/index.lock"));
    expect((await running.ended).status).toBe(0);
    await expectLanded(repo);
  },
);

test.runIf(isHere).each([
  ["deletes the run's branch", `${WORK}\ngit switch -q --detach\n${HOME} branch -q -D chant/${A}`],
  [
    "moves the run's branch back",
    `${WORK}\ngit switch -q --detach\n${HOME} branch -q -f chant/${A} chant/${A}~1`,
  ],
])("a user who %s: the agent's commits land all the same", async (_name, script) => {
  await using repo = await project(script);
  await chantOk(repo, ["work"]);
  await expectLanded(repo);
});

test.runIf(isHere)(
  "a target that is rewritten while the agent works: the work lands on the new one",
  async () => {
    const script = `${WORK}\n${HOME} commit -q --amend -m "The start, in the user's words"\n${HOME} commit -q --allow-empty -m More`;
    await using repo = await project(script);
    await chantOk(repo, ["work"]);
    await expectLanded(repo);
    expect(await repo.git("log", "--format=%s")).toContain("The start, in the user's words");
  },
);

test.runIf(isHere)(
  "a home that is detached while the agent works stays as it is, and the target gets the work",
  async () => {
    await using repo = await project(`${HOME} switch -q --detach\n${WORK}`);
    await chantOk(repo, ["work"]);
    await expectLanded(repo);
    expect(repo.has("one.txt")).toBe(false);
    expect(await repo.git("rev-parse", "--abbrev-ref", "HEAD")).toBe("HEAD");
  },
);

test.runIf(isHere)(
  "a repository with a submodule: the work lands, and the submodule is left alone",
  async () => {
    await using repo = await project(WORK);
    const inner = join(repo.root, "inner");
    await repo.git("init", "-q", "-b", "main", inner);
    await repo.gitIn(inner, "commit", "-q", "--allow-empty", "-m", "Inner");
    await repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "sub");
    await repo.commitAll("A submodule");
    const before = await repo.git("rev-parse", "main:sub");
    await chantOk(repo, ["work"]);
    await expectLanded(repo);
    expect(await repo.git("rev-parse", "main:sub")).toBe(before);
    expect(await repo.gitIn(join(repo.path, "sub"), "rev-parse", "HEAD")).toBe(before);
  },
);

test.runIf(isHere)(
  "a repository and worktrees in folders with spaces, quotes, a newline and unicode",
  async () => {
    await using repo = await project(WORK);
    const odd = join(repo.root, `a b'c"d\n$(e) ü`);
    await mkdir(odd);
    const home = join(odd, "project");
    await rename(repo.path, home);
    await repo.gitIn(home, "config", "core.quotePath", "false");
    const config = `---\nagents:\n  test: { provider: script }\ndefaults: { agent: test }\nworktree: { root: ${JSON.stringify(join(odd, "trees"))} }\n---\n`;
    await mkdir(join(odd, "trees"));
    await writeFile(join(home, ".chant/config.md"), config);
    await repo.gitIn(home, "commit", "-q", "-a", "-m", "Elsewhere");
    await chantOk(repo, ["work"], { cwd: home });
    expect(await repo.gitIn(home, "show", `main:.chant/specs/${A}.md`)).toContain("status: completed");
    expect(await repo.gitIn(home, "show", "main:one.txt")).toBe("done");
    expect(await repo.gitIn(home, "status", "--porcelain")).toBe("");
    expect(await repo.gitIn(home, "worktree", "list")).not.toContain(A);
  },
);
