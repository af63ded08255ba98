import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { chantInProcess } from "../../kit/in-process.ts";
import { run as runProgram } from "../../kit/process.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import type { Player } from "./player.ts";
import { type Files, type Spec, specAt, type World } from "./world.ts";

/** What can be held against the repository: the same of the model, and as it is. */
interface Seen {
  /** By their numbers, as a person is shown them; not where home is on another branch than they are worked on. */
  readonly shown: readonly string[] | undefined;
  /** As their files on the target say. */
  readonly onTarget: readonly string[];
  /** How often a run of each has landed. */
  readonly landings: readonly number[];
  /** The user's commits on main. */
  readonly commits: readonly string[];
  /** What git calls changed of the user's. */
  readonly status: readonly string[];
  /** Of the user's files on disk and on main. */
  readonly disk: Files;
  readonly main: Files;
  /** Lines of prose that are not on disk any more. */
  readonly lostWords: readonly string[];
}

const NONE = "none";

function shownOf(world: World, { status, run, boxes: own, after }: Spec): string {
  const boxes = run?.boxes ?? own;
  const isBlocked =
    status === "pending" && after !== undefined && specAt(world, after).status !== "completed";
  return `${isBlocked ? "blocked" : status} ${boxes.filter((isTicked) => isTicked).length}/${boxes.length}`;
}

export function expectedSeen(world: World): Seen {
  const { specs, branch, trees, disk, index, isSilent } = world;
  return {
    shown:
      branch === "main" ? specs.map((spec) => (spec.isArchived ? NONE : shownOf(world, spec))) : undefined,
    onTarget: specs.map(({ status, isKnown, isArchived }) => (isKnown && !isArchived ? status : NONE)),
    // In silence no commit names a spec: how often it landed is what its files hold.
    landings: specs.map(({ landings }) => (isSilent ? 0 : landings)),
    commits: world.commits.main.toSorted(),
    status: statusLines(trees[branch], index, disk),
    disk: defined(disk),
    main: defined(trees.main),
    lostWords: [],
  };
}

const defined = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined));

/** As `git status --porcelain` says it. */
function statusLines(head: Files, index: Files, disk: Files): readonly string[] {
  const paths = new Set([...Object.keys(head), ...Object.keys(index), ...Object.keys(disk)]);
  return [...paths]
    .flatMap((path) => {
      const [old, staged, now] = [head[path], index[path], disk[path]];
      if (old === staged && staged === now) return [];
      if (old === undefined && staged === undefined) return [`?? ${path}`];
      const first = old === staged ? " " : old === undefined ? "A" : staged === undefined ? "D" : "M";
      const second = staged === now ? " " : now === undefined ? "D" : "M";
      return [`${first}${second} ${path}`];
    })
    .toSorted();
}

interface Listed {
  readonly id: string;
  readonly status: string;
  readonly criteria: { readonly done: number; readonly total: number };
}

/** Looks at the repository; each run may have landed once. */
export async function lookAt(player: Player, world: World): Promise<Seen> {
  const { repo, ids } = player;
  const log = await repo.git(
    "log",
    "main",
    "--format=%s%x09%(trailers:key=Chant-Spec,valueonly,separator=%x2C)%x09%(trailers:key=Chant-Run,valueonly,separator=%x2C)",
  );
  const commits = log.split("\n").map((line) => line.split("\t"));
  const runs = commits.flatMap(([, , run = ""]) => (run === "" ? [] : [run]));
  expect(runs.filter((run, at) => runs.indexOf(run) !== at)).toEqual([]);
  const paths = Object.keys({ ...world.trees.main, ...world.trees.side, ...world.disk, ...world.index });
  const blobs = await readBlobs(repo, [...ids.map((_, n) => player.fileOf(n)), ...paths]);
  const status = await repo.git("status", "--porcelain", "--untracked-files=all", "--", ".", ":!.chant");
  return {
    shown: world.branch === "main" ? await shown(player) : undefined,
    onTarget: ids.map((_, n) => /^status: (.+)$/m.exec(blobs[n] ?? "")?.[1] ?? NONE),
    landings: ids.map((id) => commits.filter(([, spec]) => spec === id).length),
    commits: commits
      .flatMap(([subject = ""]) => (/^(?:User \d+|Clash)$/.test(subject) ? [subject] : []))
      .toSorted(),
    status: status === "" ? [] : status.split("\n").toSorted(),
    disk: await onDisk(repo),
    main: defined(Object.fromEntries(paths.map((path, at) => [path, blobs[ids.length + at]]))),
    lostWords: world.branch === "main" ? await lostWords(player, world) : [],
  };
}

async function shown({ repo, ids }: Player): Promise<readonly string[]> {
  const { status, stdout, stderr } = await chantInProcess(repo, ["list", "--all", "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { data } = JSON.parse(stdout) as { data: readonly Listed[] };
  return ids.map((id) => {
    const found = data.find((each) => each.id === id);
    return found === undefined ? NONE : `${found.status} ${found.criteria.done}/${found.criteria.total}`;
  });
}

async function onDisk(repo: TempRepo): Promise<Files> {
  const names = (await readdir(repo.path)).filter((name) => name !== ".git" && name !== ".chant");
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await repo.read(name)] as const)),
  );
}

async function lostWords(player: Player, world: World): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const n of player.ids.keys()) {
    const { words, isArchived } = specAt(world, n);
    if (isArchived) continue;
    const text = existsSync(join(player.repo.path, player.fileOf(n)))
      ? await player.repo.read(player.fileOf(n))
      : "";
    lost.push(...words.filter((word) => !text.includes(word)));
  }
  return lost;
}

/** Returns the contents of files on main, undefined for those that are not there. */
async function readBlobs(repo: TempRepo, paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const input = paths.map((path) => `main:${path}\n`).join("");
  const { stdout } = await runProgram("git", ["cat-file", "--batch"], {
    cwd: repo.path,
    env: repo.env,
    input,
  });
  const contents: (string | undefined)[] = [];
  let rest = stdout;
  for (const path of paths) {
    const end = rest.indexOf("\n");
    const size = / blob (\d+)$/.exec(rest.slice(0, end))?.[1];
    if (size === undefined && !rest.startsWith(`main:${path} missing`)) throw new Error(rest.slice(0, end));
    // Everything here is ASCII.
    contents.push(size === undefined ? undefined : rest.slice(end + 1, end + 1 + Number(size)));
    rest = rest.slice(end + 1 + (size === undefined ? 0 : Number(size) + 1));
  }
  return contents;
}
