import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { goodScript, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { expectNoTraces } from "../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const GONE = "2026-01-01-002-bbb";
const OLD = "2026-01-01-003-ccc";
const TWIN = "2026-01-01-006-fff";
const MERGED = "2026-01-01-004-ddd";
const YOUNG = "2026-01-01-005-eee";
const STRAY = ".chant/specs/.tmp-0123456789abcdef";

interface Cleaned {
  readonly findings: readonly { readonly kind: string; readonly name: string; readonly what: string }[];
  readonly done: readonly string[];
}

async function age(path: string, days: number): Promise<void> {
  const at = new Date(Date.now() - days * 86_400_000);
  await utimes(path, at, at);
}

const snapshotName = (id: string, daysAgo: number): string =>
  `refs/chant/snapshots/${id}/${new Date(Date.now() - daysAgo * 86_400_000).toISOString().replaceAll(/[-:]/g, "")}`;

/** Gives a repository a cache of its own, in which the builds of the common one are. */
async function ownCache(repo: TempRepo): Promise<string> {
  const common = join(repo.env["XDG_CACHE_HOME"] ?? "", "chant/bin");
  const own = join(repo.root, "cache", "chant", "bin");
  await mkdir(own, { recursive: true });
  const builds = (await readdir(common)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  for (const name of builds) await symlink(join(common, name), join(own, name));
  repo.env["XDG_CACHE_HOME"] = join(repo.root, "cache");
  return own;
}

/** A repository with something of every kind to clean up, and beside each something that must stay. */
async function untidy(): Promise<TempRepo & { orphan: string; program: string }> {
  const repo = await tempProject({
    config: "watch: { stale_after_minutes: 0.001 }\n",
    specs: { [A]: { script: goodScript("a.txt") } },
  });
  await chantOk(repo, ["work"]);
  const orphan = join(repo.worktrees, `chant-${GONE}`);
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${GONE}`, orphan);
  await writeFile(join(orphan, "half.txt"), "half\n");
  await age(join(orphan, "half.txt"), 1);
  const long = { GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z", GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z" };
  const tree = await repo.git("rev-parse", "HEAD^{tree}");
  const commitOf = async (env: NodeJS.ProcessEnv): Promise<string> => {
    Object.assign(repo.env, env);
    const commit = await repo.git("commit-tree", "-p", "HEAD", "-m", "Work", tree);
    for (const name of Object.keys(env)) delete repo.env[name];
    return commit;
  };
  const old = await commitOf(long);
  await repo.git("branch", `chant/${OLD}`, old);
  // Neither a branch that goes as well nor a snapshot that is past its time keeps what it holds.
  await repo.git("branch", `chant/${TWIN}`, old);
  await repo.git("update-ref", snapshotName(TWIN, 40), old);
  await repo.git("branch", `chant/${YOUNG}`, await commitOf({}));
  await repo.git("branch", `chant/${MERGED}`, "HEAD");
  await repo.git("update-ref", snapshotName(A, 31), "HEAD");
  await repo.git("update-ref", snapshotName(A, 29), "HEAD");
  await mkdir(join(repo.path, ".chant/.locks"), { recursive: true });
  await repo.write({ [`.chant/.locks/${YOUNG}.lock`]: "0\n", [STRAY]: "x\n", ".chant/logs/keep.txt": "x\n" });
  await age(join(repo.path, STRAY), 1);
  for (const part of ["log", "raw"]) await age(join(repo.path, `.chant/logs/${A}.${part}`), 2);
  await repo.write({ [`.chant/logs/${OLD}.log`]: "x\n" });
  await age(join(repo.path, `.chant/logs/${OLD}.log`), 31);
  for (const own of OWN_LOGS) {
    await repo.write({ [`.chant/logs/${own}`]: "x\n" });
    await age(join(repo.path, `.chant/logs/${own}`), 31);
  }
  const program = join(await ownCache(repo), "0123456789abcdef");
  await mkdir(program);
  await writeFile(join(program, "chant"), "old build\n");
  await age(program, 8);
  return Object.assign(repo, { orphan, program });
}

/** Logs of chant's own, written to last a month ago. */
const OWN_LOGS = ["error.log", "work.log", "work.log.2"];

async function expectTidy(repo: TempRepo & { orphan: string; program: string }): Promise<void> {
  expect(await repo.branches()).toEqual([`chant/${YOUNG}`, "main"]);
  const kept = async (id: string): Promise<readonly string[]> =>
    (await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${id}`)).split("\n");
  expect(await repo.git("show", `${(await kept(GONE))[0]}:half.txt`)).toBe("half");
  expect(await repo.git("log", "-1", "--format=%s", `${(await kept(OLD))[0]}^`)).toBe("Work");
  expect(await repo.git("log", "-1", "--format=%s", `${(await kept(TWIN))[0]}^`)).toBe("Work");
  expect(await kept(A)).toHaveLength(1);
  expect(await repo.git("for-each-ref", `refs/chant/snapshots/${MERGED}`)).toBe("");
  const there = [`.chant/.locks/${YOUNG}.lock`, STRAY, `.chant/logs/${OLD}.log`, `.chant/logs/${A}.log`];
  expect(there.filter((path) => repo.has(path))).toEqual([]);
  expect(repo.has(`.chant/logs/${A}.log.1.gz`) && repo.has(`.chant/logs/${A}.raw.1.gz`)).toBe(true);
  expect(repo.has(".chant/logs/keep.txt")).toBe(true);
  expect(OWN_LOGS.filter((name) => repo.has(`.chant/logs/${name}`))).toEqual(["work.log"]);
  expect(repo.has(join("..", repo.orphan.slice(repo.root.length)))).toBe(false);
  await repo.git("fsck", "--strict");
  expect(await repo.status()).toBe("");
}

test("cleanup lists all of it, asks, removes it, and what it held can be got back", async () => {
  await using repo = await untidy();
  const log = await chantOk(repo, ["log", A]);
  const raw = await chantOk(repo, ["log", A, "--raw"]);
  const refused = await chant(repo, ["cleanup"]);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("chant cleanup --dry-run")]);
  const plan = await chantJson<Cleaned>(repo, ["cleanup", "--dry-run"]);
  expect(plan.done).toEqual([]);
  expect(plan.findings.map(({ kind, what }) => `${what} ${kind}`)).toEqual([
    "keep worktree",
    "keep branch",
    "remove branch",
    "keep branch",
    "remove lock",
    "remove snapshot",
    "remove snapshot",
    "pack log",
    "remove log",
    // The one that a `work` may have open stays.
    "remove log",
    "remove log",
    "remove program",
    "remove stray",
  ]);
  expect(repo.has(STRAY)).toBe(true);
  const { stdout, stderr } = await chant(repo, ["cleanup", "--yes"]);
  expect(stdout).toMatch(/snapshot, then remove {2}worktree {2}.* B {2}.*chant-2026-01-01-002-bbb/);
  expect(stderr).toContain("Cleaned up 13 things");
  await expectTidy(repo);
  expect(repo.has(join("..", repo.program.slice(repo.root.length)))).toBe(false);
  expect(await chantOk(repo, ["log", A])).toBe(log);
  expect(await chantOk(repo, ["log", A, "--raw"])).toBe(raw);
  expect(await chantOk(repo, ["log", A, "--attempt", "1", "--raw"])).toBe(raw);
  expect((await chant(repo, ["cleanup", "--yes"])).stderr).toBe("Nothing to clean up.\n");
  const disk = await chantJson<{ bytes: number; kinds: { kind: string; bytes: number; count: number }[] }>(
    repo,
    ["disk"],
  );
  const bytesOf = (kind: string): number => disk.kinds.find((each) => each.kind === kind)?.bytes ?? 0;
  expect(disk.kinds.find(({ kind }) => kind === "snapshots")?.count).toBe(4);
  expect(bytesOf("snapshots")).toBeGreaterThan(100);
  expect(bytesOf("programs")).toBeGreaterThan(0);
  expect(disk.bytes).toBe(disk.kinds.reduce((sum, each) => sum + each.bytes, 0));
  expect(await chantOk(repo, ["disk"])).toMatch(/^worktrees {2}.*\n(?:.*\n)*total/);
});

/** Each place where a cleanup could stop with something done and something not, in their order. */
const STOPS = [
  "claim.record:after",
  "runner.snapshot:after",
  "clean.worktree:after",
  "clean.admin:after",
  "clean.branch:before",
  "clean.branch:after",
  "clean.record:before",
  "clean.record:after",
  "clean.lock:after",
  "cleanup.snapshot:after",
  "cleanup.log:after",
  "cleanup.pack:before",
  "cleanup.pack:after",
  "cleanup.program:after",
  "cleanup.stray:before",
];

const isOnNode = process.env["CHANT_UNDER_TEST"] === "node";

// One of both builds will do: what is killed is the same code.
test.skipIf(isOnNode)("kill -9 at each effect: nothing is lost, and once more finishes", async () => {
  await using repo = await untidy();
  const log = await chantOk(repo, ["log", A]);
  const once = join(repo.root, "once");
  const met: string[] = [];
  for (const at of STOPS) {
    await writeFile(once, "");
    await chant(repo, ["cleanup", "--yes"], { env: { CHANT_FAIL: at, CHANT_FAIL_ONCE: once } });
    if (!repo.has("../once")) met.push(at);
    if (at.startsWith("cleanup.")) expect(await chantOk(repo, ["log", A]), at).toBe(log);
  }
  expect(met).toEqual(STOPS);
  await chantOk(repo, ["cleanup", "--yes"]);
  await expectTidy(repo);
  expect(await chantOk(repo, ["log", A])).toBe(log);
});

test("what is taken over, locked, or of a run that is not over is left alone", async () => {
  await using repo = await tempProject({
    config: "watch: { stale_after_minutes: 0.001 }\nlifecycle: { logs: { retention: 1d } }\n",
    specs: { [A]: { script: "echo half >half.txt\nexit 3" } },
  });
  await chant(repo, ["work"]);
  await chantOk(repo, ["takeover", A]);
  await age(join(repo.path, `.chant/logs/${A}.log`), 5);
  const worktree = join(repo.worktrees, `chant-${GONE}`);
  await repo.git("worktree", "add", "--quiet", "-b", `chant/${GONE}`, worktree);
  await repo.git("worktree", "lock", worktree);
  const { findings } = await chantJson<Cleaned>(repo, ["cleanup", "--yes"]);
  expect(findings.map(({ kind, what }) => `${what} ${kind}`)).toEqual(["leave worktree", "leave worktree"]);
  expect(await repo.branches()).toContain(`chant/${A}`);
  expect(repo.has(`.chant/logs/${A}.log`)).toBe(true);
  await repo.git("worktree", "unlock", worktree);
  await repo.git("worktree", "remove", worktree);
  await chantOk(repo, ["reset", A]);
  await repo.git("branch", "-D", `chant/${GONE}`);
  await expectNoTraces(repo);
});

test("work tidies logs and snapshots once a day by itself", async () => {
  await using repo = await tempProject({ specs: { [A]: { script: goodScript("a.txt") } } });
  await repo.git("update-ref", snapshotName(OLD, 31), "HEAD");
  await repo.write({ [`.chant/logs/${OLD}.log`]: "x\n" });
  await age(join(repo.path, `.chant/logs/${OLD}.log`), 31);
  await chantOk(repo, ["work"]);
  expect(await repo.git("for-each-ref", "refs/chant/snapshots")).toBe("");
  expect(repo.has(`.chant/logs/${OLD}.log`)).toBe(false);
  await repo.git("update-ref", snapshotName(OLD, 31), "HEAD");
  await chant(repo, ["work"]);
  expect(await repo.git("for-each-ref", "refs/chant/snapshots")).not.toBe("");
});
