import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Config } from "../../domain/config.ts";
import { branchOf, compareIds, isSpecId, type SpecId } from "../../domain/id.ts";
import { type Remains, type Remedy, remedyFor } from "../../domain/remains.ts";
import { isBroken, type Spec } from "../../domain/spec.ts";
import { listIfExists, readIfExists, realPath, statIfExists } from "../../host/files.ts";
import { hasChangedSince } from "../../host/newest.ts";
import { pidsWithEnvironment, pidsWithin } from "../../host/spawn.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { localBranches } from "../../git/refs.ts";
import { branchOfHead, checkoutsOf, type Repository } from "../../git/repository.ts";
import { Trees } from "../../git/tree.ts";
import type { Places } from "../../store/places.ts";
import { TOKEN } from "../runner/agent-process.ts";
import { readWord, STATUS_FILE, type StatusWord } from "../runner/status-file.ts";
import type { Launch } from "./launch.ts";
import { latestLaunch } from "./launch-files.ts";
import { readRecords } from "./record.ts";
import { existsAnywhere } from "./spec-anywhere.ts";
import { SpecReader, type SpecWorld } from "./world.ts";

/** A run of chant's without a record, by what is left of it. */
export interface LeftBehind {
  readonly id: SpecId;
  /** Its worktree, and git's folder for it. */
  readonly path: string;
  readonly adminDir: string;
  readonly branch: string;
  /** The branch that it would land on, as a full ref name; empty when nothing says. */
  readonly target: string;
  /** The spec as it stands on the target. */
  readonly spec?: Spec;
  /** What its runner was handed last. */
  readonly launch?: Launch;
  readonly word?: StatusWord;
  readonly remedy: Remedy;
}

export interface Look {
  readonly repo: Repository;
  readonly places: Places;
  readonly config: Config;
  /** Wall time. */
  readonly nowMs: number;
  /** Which worktrees this process has watched for so long that they count as quiet, by what can change in each. */
  readonly watched?: (signs: ReadonlyMap<string, string>) => ReadonlySet<string>;
}

type Candidate = Pick<LeftBehind, "id" | "path" | "adminDir" | "branch" | "launch"> & {
  readonly isTaken: boolean;
};

/** Looks for runs whose record is gone, and says what is to become of each. Only reads. */
export async function findLeftBehind(look: Look): Promise<readonly LeftBehind[]> {
  const { repo } = look;
  const candidates = await candidatesOf(look);
  const signs = new Map<string, string>();
  for (const each of candidates) signs.set(each.path, await signsOf(look, each));
  const watched = look.watched?.(signs) ?? new Set();
  if (candidates.length === 0) return [];
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  const home = (await branchOfHead(repo.gitDir)) ?? "";
  const branches = await localBranches(repo);
  const checkouts = (await checkoutsOf(repo)).map(({ path }) => path);
  const archive = look.config.lifecycle.specs.archive.location;
  const worlds = new Map<string, SpecWorld>();
  const found: LeftBehind[] = [];
  for (const { isTaken, ...each } of candidates) {
    const { id, path, branch, launch } = each;
    const target = launch?.target ?? home;
    if (target !== "" && !worlds.has(target)) {
      worlds.set(target, await new SpecReader(repo, target, reader, trees, archive).read());
    }
    const spec = inProgress(worlds.get(target), id);
    const places = { reader, trees, branches, checkouts, except: { branch, path } };
    const word = await readWord(path, id, 0);
    const remains: Remains = {
      hasLaunch: launch !== undefined,
      hasWorktree: (await statIfExists(path))?.isDirectory() === true,
      isTaken,
      spec: spec !== undefined ? "in_progress" : (await existsAnywhere(id, places)) ? "known" : "unknown",
      isAlive: isAlive(path, launch),
      isQuiet: watched.has(path) || (await isOld(look, each)),
      word: word?.status,
    };
    found.push({
      ...each,
      target,
      remedy: remedyFor(remains),
      ...(spec === undefined ? {} : { spec }),
      ...(word === undefined ? {} : { word }),
    });
  }
  return found;
}

/** Runs that left a launch file or a worktree, and have no record; of each spec one. */
async function candidatesOf(look: Look): Promise<readonly Candidate[]> {
  const { repo, places, config } = look;
  const folder = join(repo.commonDir, "worktrees");
  // A run's record comes before all else of it, and goes last: read after these, it is there for all of them.
  const [folders, adminNames] = await Promise.all([listIfExists(places.work), listIfExists(folder)]);
  const records = await readRecords(places);
  const runs = new Set([...records.values()].map(({ run }) => run));
  const found = new Map<SpecId, Candidate>();
  for (const run of folders) {
    const launch = runs.has(run) ? undefined : await latestLaunch(join(places.work, run));
    if (launch === undefined || launch.run !== run || records.has(launch.id)) continue;
    const { id, branch, worktree } = launch;
    found.set(id, { id, branch, ...worktree, launch, isTaken: await isLocked(worktree.adminDir) });
  }
  const root = await realPath(config.worktree.root).catch(() => config.worktree.root);
  for (const name of adminNames) {
    const adminDir = join(folder, name);
    const path = await worktreeOf(adminDir);
    if (path === undefined || dirname(path) !== root) continue;
    const head = await branchOfHead(adminDir);
    const ids = idsOf(basename(path));
    const branchFor = (id: SpecId): string => branchOf(id, config.defaults.branchPrefix);
    const onBranch = ids.find((id) => head === `refs/heads/${branchFor(id)}`);
    const id = onBranch ?? ids[0];
    if (id === undefined || records.has(id) || found.has(id)) continue;
    const isTaken = onBranch === undefined || (await isLocked(adminDir));
    found.set(id, { id, path, adminDir, branch: branchFor(id), isTaken });
  }
  return [...found.values()].toSorted((a, b) => compareIds(a.id, b.id));
}

/** The folder that git's own folder of a worktree stands for. */
async function worktreeOf(adminDir: string): Promise<string | undefined> {
  const dotGit = (await readIfExists(join(adminDir, "gitdir")))?.trim();
  if (dotGit === undefined) return undefined;
  return dirname(isAbsolute(dotGit) ? dotGit : resolve(adminDir, dotGit));
}

/** `chant-ID`, or `chant-ID-HASH` where the first was taken: the ids that a folder's name may mean. */
function idsOf(name: string): readonly SpecId[] {
  const whole = /^chant-(.+)$/.exec(name)?.[1] ?? "";
  return [...new Set([whole, whole.replace(/-[0-9a-f]{8}$/, "")])].filter(isSpecId);
}

const isLocked = async (adminDir: string): Promise<boolean> =>
  (await statIfExists(join(adminDir, "locked"))) !== undefined;

/** A person's own edit counts, too: what they have just set pending is not taken up. */
function inProgress(world: SpecWorld | undefined, id: SpecId): Spec | undefined {
  const [spec, onDisk] = [world?.onTarget.get(id), world?.shown.get(id)];
  if (spec === undefined || isBroken(spec) || spec.status !== "in_progress") return undefined;
  return onDisk !== undefined && !isBroken(onDisk) && onDisk.status === "in_progress" ? spec : undefined;
}

/** The agent knows its worktree by its environment; whoever else is in there is at work as well. */
const isAlive = (path: string, launch: Launch | undefined): boolean =>
  pidsWithin(path).length > 0 ||
  pidsWithEnvironment("CHANT_WORKTREE", path).length > 0 ||
  (launch !== undefined && pidsWithEnvironment(TOKEN, launch.run).length > 0);

/** What changes with most of what can happen in a worktree. */
const signFiles = ({ places }: Look, { id, path, adminDir }: Candidate): readonly string[] => [
  path,
  join(path, STATUS_FILE),
  ...["HEAD", "index", join("logs", "HEAD")].map((name) => join(adminDir, name)),
  join(places.logs, `${id}.log`),
];

async function signsOf(look: Look, candidate: Candidate): Promise<string> {
  const stats = await Promise.all(signFiles(look, candidate).map(statIfExists));
  return stats.map((stat) => (stat === undefined ? "-" : `${stat.mtimeMs} ${stat.size}`)).join(" ");
}

/** At the start, the age of files is all that can be known. */
async function isOld(look: Look, candidate: Omit<Candidate, "isTaken">): Promise<boolean> {
  const sinceMs = look.nowMs - look.config.watch.staleAfterMinutes * 60_000;
  const stats = await Promise.all(signFiles(look, { ...candidate, isTaken: false }).map(statIfExists));
  if (stats.some((stat) => stat !== undefined && stat.mtimeMs > sinceMs)) return false;
  return !(await hasChangedSince(candidate.path, sinceMs));
}
