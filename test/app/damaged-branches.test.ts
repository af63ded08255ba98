import { chmod, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const GOOD = "2026-01-01-001-aaa";
const BAD = "2026-01-01-002-bbb";

/** What a loss of power makes of an object that was not flushed. */
const DAMAGES = {
  emptied: (path: string) => truncate(path, 0),
  "cut off": (path: string) => truncate(path, 40),
  "filled with zeros": (path: string) => writeFile(path, Buffer.alloc(60)),
  gone: (path: string) => rm(path),
} as const;

async function damage(repo: TempRepo, name: string, how: keyof typeof DAMAGES): Promise<string> {
  const oid = await repo.git("rev-parse", name);
  const path = join(repo.path, ".git/objects", oid.slice(0, 2), oid.slice(2));
  await chmod(path, 0o644);
  await DAMAGES[how](path);
  return oid;
}

/** A project with the branches of two runs that are over, two commits each. */
async function project(): Promise<TempRepo> {
  const specs = {
    [GOOD]: { title: "Good", status: "failed" },
    [BAD]: { title: "Bad", status: "failed" },
  };
  const repo = await tempProject({ agent: ["git"], specs });
  repo.env["GIT_COMMITTER_DATE"] = "2020-01-01T00:00:00Z";
  for (const id of [GOOD, BAD]) {
    await repo.git("switch", "--quiet", "-c", `chant/${id}`, "main");
    for (const name of ["first", "second"]) {
      await repo.write({ [`${id}-${name}.txt`]: `${name} of ${id}\n`.repeat(30) });
      await repo.commitAll(`${name} of ${id}`);
    }
  }
  await repo.git("switch", "--quiet", "main");
  delete repo.env["GIT_COMMITTER_DATE"];
  return repo;
}

test.each(["emptied", "cut off", "filled with zeros", "gone"] as const)(
  "a branch whose last commit is %s holds back nothing of another, and is told by name",
  async (how) => {
    await using repo = await project();
    const first = await repo.git("rev-parse", `chant/${BAD}~1`);
    const tip = await damage(repo, `chant/${BAD}`, how);

    const told = await chantInProcess(repo, ["doctor", "--json"]);
    expect(told.stdout).toContain(`points at commit ${tip.slice(0, 12)}, which is damaged`);
    expect(told.stdout).toContain(`of spec ${BAD}`);
    for (const args of [
      ["why", BAD],
      ["why", GOOD],
      ["list"],
      ["show", BAD],
      ["disk"],
      ["restore", BAD, "--list"],
      ["worktree", "list"],
      ["activity"],
      ["watch", "--once"],
    ]) {
      const said = await chantInProcess(repo, args);
      expect(said, said.stderr).toMatchObject({ status: 0 });
    }
    const dry = await chantInProcess(repo, ["cleanup", "--dry-run"]);
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.stdout + dry.stderr).toContain(`its commit ${tip.slice(0, 12)} is torn or missing`);

    const cleaned = await chantInProcess(repo, ["cleanup", "--yes"]);
    expect(cleaned).toMatchObject({ status: 0 });
    expect(cleaned.stderr).toContain(`Commit ${tip} of chant/${BAD} is damaged`);
    expect(await repo.branches()).toEqual(["main"]);
    const kept = await repo.git("for-each-ref", "--format=%(parent) %(body)", `refs/chant/snapshots/${BAD}`);
    expect(kept).toContain(first);
    expect(kept).toContain(tip);
    expect(await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${GOOD}`)).not.toBe(
      "",
    );
  },
);

test.each(["^{tree}", `:${BAD}-second.txt`])(
  "so does one of whose last commit %s is cut off",
  async (part) => {
    await using repo = await project();
    const first = await repo.git("rev-parse", `chant/${BAD}~1`);
    await damage(repo, `chant/${BAD}${part}`, "emptied");
    const said = await chantInProcess(repo, ["cleanup", "--yes"]);
    expect(said, said.stderr).toMatchObject({ status: 0 });
    expect(await repo.branches()).toEqual(["main"]);
    const kept = await repo.git("for-each-ref", "--format=%(parent)", `refs/chant/snapshots/${BAD}`);
    expect(kept).toContain(first);
  },
);
