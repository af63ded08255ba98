import { chmod, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cancel } from "../../src/app/cancel.ts";
import { mendAfterLoss } from "../../src/app/engine/after-loss.ts";
import { readEnd } from "../../src/app/engine/launch-files.ts";
import { readRecord, type RunRecord, runFolder, writeRecord } from "../../src/app/engine/record.ts";
import { reset } from "../../src/app/reset.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { makeFolder } from "../../src/host/files.ts";
import { goneIdentity, ownIdentity } from "../../src/host/identity.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { A, type Scene, withRun } from "../kit/run-scene.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const fileOf = (repo: TempRepo, oid: string): string =>
  join(repo.path, ".git/objects", oid.slice(0, 2), oid.slice(2));

/** Cuts an object off, and returns its name. */
async function tear(repo: TempRepo, name: string): Promise<string> {
  const oid = await repo.git("rev-parse", name);
  await chmod(fileOf(repo, oid), 0o644);
  await truncate(fileOf(repo, oid), 10);
  return oid;
}

/** A run with two commits whose coordinator is gone, before the machine was started anew. */
const cutOff = (
  look: (scene: Scene & { readonly first: string }) => Promise<void>,
  change: Partial<RunRecord> = {},
): Promise<void> =>
  withRun(async (scene) => {
    const { engine, record, there, repo } = scene;
    const first = await there("rev-parse", "HEAD");
    await writeFile(join(record.worktree, "more.txt"), "more\n");
    await there("add", "-A");
    await there("commit", "-q", "-m", "More");
    await makeFolder(engine.places.records);
    await writeRecord(engine.places, { ...record, ...change, owner: goneIdentity(ownIdentity()) });
    await repo.write({ ".git/chant/boot": "another boot" });
    await look({ ...scene, first });
  });

const branchOf = (repo: TempRepo): Promise<string> => repo.git("rev-parse", `chant/${A}`);

test("the branch goes back to the last commit that is whole, its launch has an end, and why says so", () =>
  cutOff(async ({ repo, engine, record, first, there }) => {
    const tip = await tear(repo, `chant/${A}`);
    await mendAfterLoss(engine);
    expect(await branchOf(repo)).toBe(first);
    expect(await there("status", "--porcelain")).toBe("A  more.txt");
    const { verdict } = (await readEnd(runFolder(engine.places, record), 1)) ?? {};
    expect(verdict?.kind).toBe("interrupted");
    expect(JSON.stringify(verdict)).toContain(tip.slice(0, 12));
    expect((await readRecord(engine.places, A))?.damaged).toMatchObject({ commit: tip, back: first });
    expect((await chantInProcess(repo, ["why", A])).stdout).toContain("the machine lost its power");
    // Once after each start: what is torn later is seen when somebody comes to it.
    await tear(repo, `chant/${A}`);
    await mendAfterLoss(engine);
    expect(await branchOf(repo)).toBe(first);
  }));

test("without a note of what the branch was at, it goes back to where the run began", () =>
  cutOff(async ({ repo, engine, record }) => {
    await tear(repo, `chant/${A}`);
    await rm(join(repo.path, ".git/logs/refs/heads/chant", A));
    await mendAfterLoss(engine);
    expect(await branchOf(repo)).toBe(record.base);
  }));

test.each(["^{tree}", ":more.txt"])("what the worktree still holds is made again: %s", (part) =>
  cutOff(async ({ repo, engine, record }) => {
    const tip = await branchOf(repo);
    const torn = await tear(repo, `chant/${A}${part}`);
    await mendAfterLoss(engine);
    expect(await branchOf(repo)).toBe(tip);
    expect(await repo.git("fsck", "--no-dangling")).toBe("");
    expect(repo.has(`.git/chant/torn/${torn}`)).toBe(true);
    expect(await readEnd(runFolder(engine.places, record), 1)).toBeUndefined();
  }),
);

test("a spec that was cut off under the agent's ticks is whole again, and keeps them", () =>
  cutOff(async ({ engine, record, there }) => {
    const file = join(record.worktree, `.chant/specs/${A}.md`);
    const whole = await there("show", `HEAD:.chant/specs/${A}.md`);
    const ticked = `${whole}\n`.replace("- [ ]", "- [x]");
    expect(ticked).toContain("- [x]");
    await writeFile(file, ticked.slice(0, ticked.indexOf("- [x]") + 7));
    await mendAfterLoss(engine);
    expect(await readFile(file, "utf8")).toBe(ticked);
  }));

test("a person's own judgement is left to that person; one that waits tells its agent", async () => {
  await cutOff(
    async ({ repo, engine, record }) => {
      await tear(repo, `chant/${A}`);
      await mendAfterLoss(engine);
      expect((await readEnd(runFolder(engine.places, record), 1))?.verdict.kind).toBe("attention");
    },
    { judgeOnly: {} },
  );
  const retry = { n: 1, of: 3, atMs: 0, reason: "it failed" };
  await cutOff(
    async ({ repo, engine, record }) => {
      await tear(repo, `chant/${A}`);
      await mendAfterLoss(engine);
      const { phase, missing } = (await readRecord(engine.places, A)) ?? {};
      expect(phase).toBe("retrying");
      expect(missing).toMatch(/^it failed; besides, the machine lost its power/);
      expect(await readEnd(runFolder(engine.places, record), 1)).toBeUndefined();
    },
    { phase: "retrying", retry, missing: "it failed" },
  );
});

test("so does a HEAD that is on no branch, and a branch whose own file is torn, locked or not", async () => {
  await cutOff(async ({ repo, engine, first, there }) => {
    await there("switch", "-q", "--detach");
    await there("commit", "-q", "--allow-empty", "-m", "Elsewhere");
    const kept = await branchOf(repo);
    const elsewhere = await there("rev-parse", "HEAD");
    await tear(repo, elsewhere);
    await mendAfterLoss(engine);
    expect(await there("rev-parse", "HEAD")).toBe(kept);
    expect(kept).not.toBe(first);
  });
  await cutOff(async ({ repo, engine, there }) => {
    const tip = await branchOf(repo);
    await truncate(join(repo.path, ".git/refs/heads/chant", A), 0);
    await mendAfterLoss(engine);
    expect(await there("rev-parse", "HEAD")).toBe(tip);
  });
  await cutOff(async ({ repo, engine, first }) => {
    await tear(repo, `chant/${A}`);
    await repo.write({ [`.git/refs/heads/chant/${A}.lock`]: "" });
    await mendAfterLoss(engine);
    expect(await branchOf(repo)).toBe(first);
  });
});

test("what is staged in a worktree can be committed again: a torn index, and content that is gone", async () => {
  await cutOff(async ({ repo, engine, record, there }) => {
    await truncate(join(record.adminDir, "index"), 20);
    await mendAfterLoss(engine);
    expect(await there("status", "--porcelain")).toBe("");
    expect(repo.has(`.git/chant/torn`)).toBe(false);
  });
  await cutOff(async ({ repo, engine, record, there }) => {
    await writeFile(join(record.worktree, "staged.txt"), "staged\n");
    await there("add", "staged.txt");
    await tear(repo, await there("rev-parse", ":staged.txt"));
    await mendAfterLoss(engine);
    await there("commit", "-q", "-m", "Staged");
    expect(await there("show", "HEAD:staged.txt")).toBe("staged");
  });
});

test("reset and cancel keep what is whole, also before anybody has seen the damage", async () => {
  for (const command of ["reset", "cancel"] as const) {
    await cutOff(async ({ repo, engine, record, first }) => {
      await tear(repo, `chant/${A}`);
      await writeFile(join(repo.path, ".git/chant/boot"), ownIdentity().bootId);
      await writeRecord(engine.places, {
        ...record,
        phase: "parked",
        owner: goneIdentity(ownIdentity()),
        parked: { status: "needs_attention", reason: "looked at", atMs: 0, isPublished: true },
      });
      expect((await chantInProcess(repo, ["why", A])).stdout).toContain("which is damaged");
      const workspace = await openWorkspace(repo.path, {});
      const options = { isDelete: false, isCascade: false, isDryRun: false };
      await (command === "reset"
        ? reset(workspace, A, () => undefined)
        : cancel(
            workspace,
            [A],
            options,
            () => true,
            () => undefined,
          ));
      expect(await repo.branches()).toEqual(["main"]);
      const [kept = ""] = (
        await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${A}`)
      ).split("\n");
      expect(await repo.git("show", `${kept}:more.txt`)).toBe("more");
      expect(await repo.git("merge-base", "--is-ancestor", first, kept)).toBe("");
      expect(await repo.git("fsck", "--no-dangling", "--no-reflogs")).toBe("");
    });
  }
});

test("where its worktree is gone as well, what is whole of its branch is kept", () =>
  cutOff(async ({ repo, record, first }) => {
    await tear(repo, `chant/${A}`);
    await rm(record.worktree, { recursive: true });
    await reset(await openWorkspace(repo.path, {}), A, () => undefined);
    const refs = await repo.git("for-each-ref", "--format=%(refname)", `--contains=${first}`, "refs/chant");
    expect(refs).not.toBe("");
    expect(await repo.branches()).toEqual(["main"]);
  }));

test("a run that was carried since the machine was started is left alone: its agent may be at work", () =>
  cutOff(async ({ repo, engine, record }) => {
    const tip = await tear(repo, `chant/${A}`);
    await writeRecord(engine.places, { ...record, owner: { ...ownIdentity(), pid: 1, startedAt: "0" } });
    await mendAfterLoss(engine);
    expect(await repo.read(`.git/refs/heads/chant/${A}`)).toBe(`${tip}\n`);
    expect(await readEnd(runFolder(engine.places, record), 1)).toBeUndefined();
  }));

test("a file that was cut off is as its commit has it, not as it was before", () =>
  cutOff(async ({ repo, engine, record, there }) => {
    await writeFile(join(record.worktree, "README.md"), "# Another\n");
    await there("commit", "-q", "-a", "-m", "Edited");
    for (const name of ["README.md", "more.txt"]) await truncate(join(record.worktree, name), 0);
    await mendAfterLoss(engine);
    expect(await there("status", "--porcelain")).toBe("");
    expect(await readEnd(runFolder(engine.places, record), 1)).toBeUndefined();
    expect(await repo.git("show", `chant/${A}:README.md`)).toBe("# Another");
  }));

test("what no commit holds is kept, and not judged: the disk may have kept but a part", () =>
  cutOff(async ({ repo, engine, record }) => {
    await writeFile(join(record.worktree, "draft.txt"), "half of");
    await mendAfterLoss(engine);
    const { verdict, snapshot = "" } = (await readEnd(runFolder(engine.places, record), 1)) ?? {};
    expect(verdict?.kind).toBe("interrupted");
    expect(JSON.stringify(verdict)).toContain("not committed (draft.txt)");
    expect(await repo.git("show", `${snapshot}:draft.txt`)).toBe("half of");
  }));
