import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ChantError } from "../../kit/errors.ts";
import {
  archivedAs,
  type ArchiveEntry,
  archiveMessage,
  type ArchiveUnit,
  formatArchiveIndex,
  parseArchiveIndex,
} from "../../domain/archive.ts";
import type { SpecId } from "../../domain/id.ts";
import type { Spec } from "../../domain/spec.ts";
import { effect } from "../../host/effects.ts";
import {
  createAtomic,
  makeFolder,
  readBytesIfExists,
  realPath,
  statIfExists,
  writeAtomic,
} from "../../host/files.ts";
import { newObject, storeObjects } from "../../git/objects.ts";
import { git, type GitPlace } from "../../git/program.ts";
import { ARCHIVE_INDEX, unpack } from "../../store/archive-files.ts";
import { specPath } from "../../store/places.ts";
import { commitFiles, type FileChanges, type Step, textAt } from "./step.ts";
import type { Engine } from "./engine.ts";
import { SpecDisk } from "./silent/disk.ts";

/** Where the archive of a repository is, and how it is kept. */
export interface ArchivePlace {
  /** Relative to the repository. */
  readonly location: string;
  readonly compress: boolean;
  /** Whether git ignores it: its files are then on disk alone, and the commit has a list of them. */
  readonly isIgnored: boolean;
}

/**
 * Finds out where the archive is.
 * @throws ChantError FILE_REFUSED when a link leads it out of the repository
 */
export async function archivePlace({ repo, config }: Engine): Promise<ArchivePlace> {
  const { location, compress } = config.lifecycle.specs.archive;
  let path = repo.home;
  for (const part of location.split("/")) {
    path = join(path, part);
    const stat = await statIfExists(path);
    if (stat === undefined) break;
    const real = await realPath(path).catch(() => undefined);
    if (real !== undefined && (real === repo.home || real.startsWith(`${repo.home}/`))) continue;
    throw new ChantError(
      "FILE_REFUSED",
      `The archive's folder ${path} is a link that leads out of the repository.`,
      {
        hint: "Set lifecycle.specs.archive.location to a real folder in it. Nothing was changed.",
      },
    );
  }
  const probe = `${location}/2000/01/2000-01-01-001-abc.md${compress ? ".gz" : ""}`;
  const place: GitPlace = { gitDir: repo.gitDir, workTree: repo.home, config: "user" };
  const asked = await git(place, ["check-ignore", "--quiet", "--", probe], { accept: [0, 1] });
  if (repo.isSilent === true && asked.status !== 0) {
    throw new ChantError(
      "FILE_REFUSED",
      `git would see the archive in ${location}, and this project is silent.`,
      {
        hint: "Set lifecycle.specs.archive.location to a folder below .chant. Nothing was changed.",
      },
    );
  }
  return { location, compress, isIgnored: asked.status === 0 };
}

/**
 * Returns the commit that moves some units into the archive. Where git ignores the archive, their files are on disk,
 * and read back, before the commit that removes them can be made.
 */
export async function archiveStep(
  engine: Engine,
  from: Step,
  place: ArchivePlace,
  units: readonly ArchiveUnit[],
): Promise<Step> {
  if (engine.repo.isSilent === true) return archiveSilently(engine, from, place, units);
  const files = new Map<string, string | { readonly blob: string } | undefined>();
  const entries = await indexAt(engine, from, place);
  for (const { specs, completedAtMs } of units) {
    for (const spec of specs) {
      const committed = await textAt(engine, from.tree, specPath(spec.id));
      if (committed === undefined) throw new Error(`${spec.id} is not on the target`);
      const bytes = (await engine.reader.require(committed.oid)).content;
      const below = archivedAs(spec.id, completedAtMs, place.compress);
      const content = place.compress ? gzipSync(bytes, { level: 9 }) : bytes;
      const path = `${place.location}/${below}`;
      if (place.isIgnored) await store(engine, path, content, bytes);
      else files.set(path, { blob: await blobOf(engine, content) });
      files.set(specPath(spec.id), undefined);
      entries.set(spec.id, entryOf(spec, below));
    }
  }
  if (place.isIgnored) files.set(`${place.location}/${ARCHIVE_INDEX}`, formatArchiveIndex(entries));
  return commitFiles(engine, from, files satisfies FileChanges, archiveMessage(units));
}

/** Without a commit: each is stored and read back before its file may go. */
async function archiveSilently(
  engine: Engine,
  from: Step,
  place: ArchivePlace,
  units: readonly ArchiveUnit[],
): Promise<Step> {
  const disk = new SpecDisk(engine.repo.home);
  for (const { specs, completedAtMs } of units) {
    for (const { id } of specs) {
      const bytes = (await disk.read(specPath(id)))?.bytes;
      if (bytes === undefined) continue;
      const path = `${place.location}/${archivedAs(id, completedAtMs, place.compress)}`;
      await store(engine, path, place.compress ? gzipSync(bytes, { level: 9 }) : bytes, bytes);
      await disk.remove(specPath(id));
    }
  }
  return { ...from, disk: disk.edits };
}

/**
 * Returns the commit that brings an archived spec, and what went with it, back.
 * @throws ChantError FILE_REFUSED when something stands where it would go
 */
export async function unarchiveStep(
  engine: Engine,
  from: Step,
  place: ArchivePlace,
  specs: ReadonlyMap<SpecId, { readonly path: string; readonly bytes: Buffer }>,
): Promise<Step> {
  const files = new Map<string, string | { readonly blob: string } | undefined>();
  const entries = await indexAt(engine, from, place);
  const hasIndex = entries.size > 0;
  for (const [id, { path, bytes }] of specs) {
    const there = await engine.trees.find(from.tree, specPath(id));
    // A restore that was cut off is finished by whoever comes next, which may be the same command said again.
    if (there !== undefined && (await engine.reader.require(there.oid)).content.equals(bytes)) continue;
    if (there !== undefined || (await statIfExists(join(engine.repo.home, specPath(id)))) !== undefined) {
      throw new ChantError("FILE_REFUSED", `${specPath(id)} is there already.`, {
        hint: "Move it away, then try again. Nothing was changed.",
      });
    }
    if (engine.repo.isSilent === true) {
      await makeFolder(engine.places.specs);
      await effect("archive.file", () => createAtomic(join(engine.repo.home, specPath(id)), bytes));
      continue;
    }
    files.set(specPath(id), { blob: await blobOf(engine, bytes) });
    const archived = `${place.location}/${path}`;
    if ((await engine.trees.find(from.tree, archived)) !== undefined) files.set(archived, undefined);
    entries.delete(id);
  }
  if (engine.repo.isSilent === true) return from;
  if (hasIndex) files.set(`${place.location}/${ARCHIVE_INDEX}`, formatArchiveIndex(entries));
  const [first, ...others] = [...specs.keys()];
  const message = `Restore ${first ?? ""}${others.length === 0 ? "" : `\n\n${others.join("\n")}`}`;
  return commitFiles(engine, from, files, message);
}

async function indexAt(
  engine: Engine,
  from: Step,
  { location }: ArchivePlace,
): Promise<Map<SpecId, ArchiveEntry>> {
  const text = (await textAt(engine, from.tree, `${location}/${ARCHIVE_INDEX}`))?.text ?? "";
  return new Map(parseArchiveIndex(text));
}

const entryOf = ({ id, status, completedAt = "", title }: Spec, path: string): ArchiveEntry => ({
  id,
  status,
  completedAt,
  title,
  path,
});

async function blobOf({ repo }: Engine, content: Buffer): Promise<string> {
  const blob = newObject(repo.hash, "blob", content);
  await storeObjects(repo, [blob]);
  return blob.oid;
}

/** Writes an archived file, and reads it back before anything else may go. */
async function store({ repo }: Engine, path: string, content: Buffer, original: Buffer): Promise<void> {
  const file = join(repo.home, path);
  const there = await readBytesIfExists(file);
  if (there !== undefined && !holds(there, path, original)) {
    throw new ChantError("FILE_REFUSED", `${path} is there already, and holds something else.`, {
      hint: "Move it away, then try again. Nothing was changed.",
    });
  }
  if (there === undefined) {
    await makeFolder(join(file, ".."));
    await effect("archive.file", () => writeAtomic(file, content));
  }
  const written = await readBytesIfExists(file);
  if (written === undefined || !holds(written, path, original)) {
    throw new Error(`${path} does not hold what was written`);
  }
}

function holds(content: Buffer, path: string, original: Buffer): boolean {
  try {
    return (path.endsWith(".gz") ? unpack(content) : content).equals(original);
  } catch {
    return false;
  }
}
