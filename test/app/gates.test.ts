import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trustCommands } from "../../src/app/engine/command-trust.ts";
import { clearGates } from "../../src/app/engine/gate-run.ts";
import { takeTurn, whileGating } from "../../src/app/engine/gate-turn.ts";
import { readRecord, type RunRecord, writeRecord } from "../../src/app/engine/record.ts";
import { carryRuns, carrierOf, openSession } from "../../src/app/engine/session.ts";
import { merge } from "../../src/app/finalize.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import type { ChantEvent } from "../../src/domain/event.ts";
import { goneIdentity, ownIdentity } from "../../src/host/identity.ts";
import { forgetFailures } from "../../src/store/gate-files.ts";
import { eventually } from "../kit/eventually.ts";
import { specText, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { expectNoTraces, statusOn } from "../kit/traces.ts";
import { recordOf } from "../kit/record.ts";

const IDS = ["aaa", "bbb", "ccc", "ddd", "eee"].map((end, at) => `2026-01-01-00${at + 1}-${end}`);
const [A = "", B = "", C = ""] = IDS;

/** Counts its runs beside the repository, and lets the files have 10 in all. */
const COUNTING = (repo: TempRepo): string =>
  `echo run >>${join(repo.root, "gate-runs")}; total=0; for file in share-*; do [ ! -e "$file" ] || total=$((total + $(cat "$file"))); done; echo "total $total"; [ "$total" -le 10 ]`;

interface Given {
  readonly repo: TempRepo;
  readonly workspace: Workspace;
  readonly events: ChantEvent[];
}

/** A repository in which a gate must pass, and runs whose agents are done: each with its files. */
async function project(
  runs: Readonly<Record<string, Readonly<Record<string, string>>>>,
  gate: (repo: TempRepo) => string = COUNTING,
  more = "on_gate_failure: attention",
): Promise<Given & AsyncDisposable> {
  const repo = await tempProject({ config: "merge: {}\n" });
  const command = gate(repo);
  const config = (await repo.read(".chant/config.md")).replace(
    "merge: {}",
    () => `merge: { gates: [${JSON.stringify(command)}], ${more} }`,
  );
  await repo.write({ ".chant/config.md": config });
  const spec = specText({ status: "in_progress" });
  for (const id of Object.keys(runs)) await repo.write({ [`.chant/specs/${id}.md`]: spec });
  await repo.commitAll("Start");
  const workspace = await openWorkspace(repo.path, repo.env);
  await trustCommands(workspace.places, [command]);
  await mkdir(workspace.places.records, { recursive: true });
  const base = await repo.git("rev-parse", "main");
  let createdAtMs = 1_000;
  for (const [id, files] of Object.entries(runs)) {
    await repo.git("checkout", "-q", "-b", `chant/${id}`, base);
    await repo.write({ ...files, [`.chant/specs/${id}.md`]: spec.replace("[ ]", "[x]") });
    await repo.commitAll(`Work on ${id}`);
    const tip = await repo.git("rev-parse", "HEAD");
    await repo.git("checkout", "-q", "main");
    await writeRecord(workspace.places, landingOf(id, base, tip, (createdAtMs += 1)));
  }
  return { repo, workspace, events: [], [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose]() };
}

const landingOf = (id: string, base: string, tip: string, createdAtMs: number): RunRecord =>
  recordOf(id, {
    run: `run${id.replaceAll("-", "")}`,
    phase: "landing",
    title: `Spec ${id}`,
    owner: goneIdentity(ownIdentity()),
    createdAtMs,
    launch: 0,
    base,
    tip,
    commits: [tip],
  });

async function carry({ workspace, events }: Given, ids: readonly string[]): Promise<readonly string[]> {
  using session = await openSession(workspace.repo, (event) => events.push(event));
  return (await carryRuns(session, ids)).landed;
}

const gateRuns = async (repo: TempRepo): Promise<number> =>
  (await readFile(join(repo.root, "gate-runs"), "utf8").catch(() => "")).split("\n").length - 1;

const kinds = ({ events }: Given, id: string): readonly string[] =>
  events.filter((event) => "id" in event && event.id === id).map(({ kind }) => kind);

const share = (name: string, part: number): Record<string, string> => ({ [`share-${name}`]: `${part}\n` });

test("two that are green alone and red together: the first lands, the second is held back, and says by what", async () => {
  await using given = await project({ [A]: share("a", 6), [B]: share("b", 6) });
  const { repo, workspace } = given;
  expect(await carry(given, [A, B])).toEqual([A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await statusOn(repo, B)).toBe("needs_attention");
  expect((await readRecord(workspace.places, B))?.parked?.reason).toMatch(
    /^merged with main, the gate "echo run .*…" exited with code 1$/,
  );
  // Together, then A alone: what B makes of it is known by then.
  expect(await gateRuns(repo)).toBe(2);
  expect(await repo.read(`.chant/logs/${B}.log`)).toMatch(/\| total 12\n.* = it exited with code 1 after/);
  expect(kinds(given, B)).toEqual(["run_adopted", "gate_started", "gate_failed", "needs_attention"]);
  expect(repo.has("share-b")).toBe(false);
});

test("of five only the guilty one is held back, and the gates run as often as halving takes", async () => {
  await using given = await project(
    Object.fromEntries(IDS.map((id, at) => [id, share(id, at === 2 ? 11 : 1)])),
  );
  expect(await carry(given, IDS)).toEqual(IDS.filter((id) => id !== C));
  expect(await statusOn(given.repo, C)).toBe("needs_attention");
  // All 5, the first 2, A and B with C, the other two.
  expect(await gateRuns(given.repo)).toBeLessThanOrEqual(4);
});

test("what a gate leaves is nowhere, and what it started is gone; the user's checkout is as it was", async () => {
  await using given = await project(
    { [A]: { "a.txt": "a\n" } },
    (repo) =>
      `pwd >${repo.root}/place; echo left >left.txt; echo changed >README.md; git add -A; git commit -q -m "From the gate"; git tag from-the-gate; git config user.name Gate; git status --short >${repo.root}/gate-status; rm -rf .git; (setsid sleep 600 &) ; chmod 000 a.txt`,
  );
  const { repo } = given;
  await repo.write({ "mine.txt": "mine\n" });
  expect(await carry(given, [A])).toEqual([A]);
  expect((await repo.git("ls-tree", "--name-only", "main")).split("\n").toSorted()).toEqual([
    ".chant",
    "README.md",
    "a.txt",
  ]);
  expect(await repo.git("tag")).toBe("");
  expect(await repo.git("config", "--default", "", "user.name")).not.toBe("Gate");
  expect(await readFile(join(repo.root, "gate-status"), "utf8")).toBe("");
  expect(await repo.read("README.md")).toBe("# A project\n");
  expect(await repo.read("mine.txt")).toBe("mine\n");
  expect((await readFile(join(repo.root, "place"), "utf8")).trim()).toContain("/chant-gate_");
  await expectNoTraces(repo, { isClean: false });
});

test("on a target that is red nobody is blamed; once that is mended the run lands by itself", async () => {
  await using given = await project({ [A]: share("a", 1) });
  const { repo } = given;
  await repo.write(share("main", 11));
  await repo.commitAll("Too much");
  using session = await openSession(given.workspace.repo, (event) => given.events.push(event));
  await using coordinator = carrierOf(session, { isWatch: true });
  await coordinator.adopt();
  const until = async (isSo: () => boolean): Promise<void> => {
    for (;;) {
      await coordinator.round();
      if (isSo()) return;
      await coordinator.wait(50);
    }
  };
  await until(() => coordinator.waiting.length > 0);
  expect(coordinator.waiting[0]?.waits?.reason).toMatch(
    /^on main itself, without this work, the gate "echo run/,
  );
  expect(await gateRuns(repo)).toBe(2);
  await repo.write(share("main", 2));
  await repo.commitAll("Take less");
  await until(() => coordinator.landed.length > 0);
  expect(await gateRuns(repo)).toBe(3);
  expect(await statusOn(repo, A)).toBe("completed");
});

test("when the target gets other files while the gates run, they run again: what was tried is what lands", async () => {
  await using given = await project({ [A]: share("a", 1) }, (repo) => {
    const once = join(repo.root, "once");
    const commit = `cd ${repo.path} && echo user >user.txt && git add user.txt && git commit -q -m "By the user"`;
    return `echo run >>${join(repo.root, "gate-runs")}; ls; [ -e ${once} ] || { touch ${once}; (${commit}); sleep 0.2; }; true`;
  });
  expect(await carry(given, [A])).toEqual([A]);
  expect(await gateRuns(given.repo)).toBe(2);
  expect(kinds(given, A)).toContain("gate_started");
  expect(kinds(given, A).filter((kind) => kind === "gate_started")).toHaveLength(2);
  expect(await given.repo.read(`.chant/logs/${A}.log`)).toContain("| user.txt");
});

test("a commit that touches nothing but .chant makes no difference to a verdict", async () => {
  await using given = await project({ [A]: share("a", 1) }, (repo) => {
    const commit = `cd ${repo.path} && echo >>.chant/prompts/standard.md && git commit -q -am "A prompt"`;
    return `echo run >>${join(repo.root, "gate-runs")}; (${commit})`;
  });
  expect(await carry(given, [A])).toEqual([A]);
  expect(await gateRuns(given.repo)).toBe(1);
});

test("the same files are not tried twice, also not by another process after the first was killed", async () => {
  await using given = await project({ [A]: share("a", 1) });
  const { repo, workspace } = given;
  // Its landing is in the way of an edit, after its gates have passed.
  await repo.write({ "share-a": "an edit\n" });
  expect(await carry(given, [A])).toEqual([]);
  const held = await readRecord(workspace.places, A);
  expect(held?.waits?.files).toEqual(["share-a"]);
  await repo.git("clean", "-q", "-f", "share-a");
  if (held !== undefined) await writeRecord(workspace.places, { ...held, owner: goneIdentity(held.owner) });
  expect(await carry(given, [A])).toEqual([A]);
  expect(await gateRuns(repo)).toBe(1);
});

test("nothing runs that nobody has let run, and it says so", async () => {
  await using given = await project({ [A]: share("a", 1) });
  const { repo, workspace } = given;
  await writeFile(join(workspace.places.own, "trusted-commands.json"), "{}");
  expect(await carry(given, [A])).toEqual([]);
  expect(await gateRuns(repo)).toBe(0);
  const record = await readRecord(workspace.places, A);
  expect(record?.waits?.reason).toMatch(/^nobody has let the gate .* run here yet \(chant trust commands\)$/);
});

test("what a branch says of the gates does not count, and what changes no file needs none", async () => {
  await using given = await project({
    [A]: { ".chant/config.md": "---\nmerge: { gates: [] }\n---\n", ...share("a", 11) },
    [B]: {},
  });
  expect(await carry(given, [A, B])).toEqual([B]);
  expect(await statusOn(given.repo, A)).toBe("needs_attention");
});

test("a configuration that cannot be read lets nothing land", async () => {
  await using given = await project({ [A]: share("a", 1) });
  const { repo, workspace } = given;
  const config = await repo.read(".chant/config.md");
  await repo.write({ ".chant/config.md": config.replace(/gates: \[.*\]/, "gates: { a: b }") });
  await repo.commitAll("Break it");
  await repo.write({ ".chant/config.md": config });
  expect(await carry(given, [A])).toEqual([]);
  expect((await readRecord(workspace.places, A))?.waits?.reason).toMatch(
    /^its gates are not known: .chant\/config.md:/,
  );
});

test("while a run that has lost three races is tried, others do not land", async () => {
  await using given = await project({ [A]: share("a", 1) });
  const { places } = given.workspace;
  await whileGating(places, async () => {
    await takeTurn(places, { runs: ["another"], races: 3 });
    expect(await carry(given, [A])).toEqual([]);
    expect((await readRecord(places, A))?.waits?.reason).toMatch(/^others land first/);
    expect(await gateRuns(given.repo)).toBe(0);
  });
  // Whoever it was is gone, and has left its word behind.
  expect(await merge(given.workspace, [A], () => undefined)).toEqual([{ id: A, kind: "landed" }]);
});

test("the turn of a process that was killed before it did anything with it is cleared away, another's is not", async () => {
  await using given = await project({});
  const { repo, places } = given.workspace;
  const turn = { runs: ["another"], races: 0 };
  const isTaken = async (): Promise<boolean> =>
    await stat(join(places.gates, "turn.json")).then(
      () => true,
      () => false,
    );
  using session = await openSession(repo, () => undefined);
  await whileGating(places, async () => {
    await takeTurn(places, turn);
    await clearGates(session.engine);
    expect(await isTaken()).toBe(true);
  });
  await clearGates(session.engine);
  expect(await isTaken()).toBe(false);
});

test("a run that somebody takes while its gates run is let go, and nothing of them is left", async () => {
  await using given = await project(
    { [A]: share("a", 1) },
    (repo) => `echo $$ >${join(repo.root, "started")}; sleep 600`,
  );
  const { repo, workspace } = given;
  const carried = carry(given, [A]);
  await eventually("the gate runs", [repo.root], () => Promise.resolve(repo.has("../started")));
  const record = await readRecord(workspace.places, A);
  expect(record?.gate?.isUnderWay).toBe(true);
  const owner = { ...ownIdentity(), pid: 1, startedAt: "0" };
  if (record !== undefined) await writeRecord(workspace.places, { ...record, phase: "pausing", owner });
  expect(await carried).toEqual([]);
  expect(repo.processes()).toEqual([]);
  expect(await repo.git("worktree", "list", "--porcelain")).not.toContain("chant-gate_");
});

test("who takes a gate out of the target's configuration need not wait for it", async () => {
  await using given = await project(
    { [A]: share("a", 1) },
    (repo) => `echo $$ >${join(repo.root, "started")}; sleep 600`,
  );
  const { repo } = given;
  const carried = carry(given, [A]);
  await eventually("the gate runs", [repo.root], () => Promise.resolve(repo.has("../started")));
  const config = await repo.read(".chant/config.md");
  await repo.write({ ".chant/config.md": config.replace(/gates: \[.*\],/, "") });
  await repo.commitAll("Do without");
  expect(await carried).toEqual([A]);
  expect(repo.processes()).toEqual([]);
});

test("a person who merges by hand has the gates run once more where they failed", async () => {
  await using given = await project(
    { [A]: share("a", 1) },
    (repo) => `echo run >>${join(repo.root, "gate-runs")}; [ -e ${join(repo.root, "mended")} ]`,
  );
  const { repo, workspace } = given;
  // The target fails as well: the run waits.
  expect(await carry(given, [A])).toEqual([]);
  await writeFile(join(repo.root, "mended"), "");
  const [held] = [await readRecord(workspace.places, A)];
  if (held !== undefined) await writeRecord(workspace.places, { ...held, owner: goneIdentity(held.owner) });
  expect(await merge(workspace, [A], () => undefined)).toEqual([{ id: A, kind: "landed" }]);
  expect(await gateRuns(repo)).toBe(3);
  await forgetFailures(workspace.places);
});
