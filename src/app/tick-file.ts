import { basename } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { type Criterion, parseCriteria, tick, untickAll } from "../domain/criteria.ts";
import type { SpecId } from "../domain/id.ts";
import { isBroken, parseSpec } from "../domain/spec.ts";
import { readBytesIfExists, statIfExists } from "../host/files.ts";
import { type Patch, patchFile } from "../host/patch-file.ts";

export interface TickReport {
  readonly id: SpecId;
  /** Absolute path of the file that was ticked, or only read. */
  readonly path: string;
  /** As they are now. */
  readonly criteria: readonly Criterion[];
  /** What was asked for; no number only reads. */
  readonly asked: readonly number[] | "all";
  /** The numbers among them that were open before. */
  readonly ticked: readonly number[];
}

/** How often a file that others write to is tried again. */
const TRIES = 20;

/**
 * Ticks criteria in a spec's file, and returns how it stands then. Without numbers it only reads. Many that tick the same
 * file at once do not undo each other: each writes nothing but its own boxes.
 * @throws ChantError SPEC_UNKNOWN, SPEC_BROKEN, FILE_REFUSED, USAGE for a number that is not there
 */
export async function tickFile(path: string, numbers: readonly number[] | "all"): Promise<TickReport> {
  const ticked = new Set<number>();
  const report = await editBoxes(path, (text) => {
    const now = tick(text, numbers);
    const found = reportOf(path, text, now);
    for (const number of found.ticked) ticked.add(number);
    return { now, found };
  });
  return { ...report, asked: numbers, ticked: [...ticked].toSorted((a, b) => a - b) };
}

/**
 * Empties all boxes in a spec's file, where there is one.
 * @throws ChantError FILE_REFUSED
 */
export async function untickFile(path: string): Promise<void> {
  if ((await statIfExists(path)) === undefined) return;
  await editBoxes(path, (text) => ({ now: untickAll(text), found: undefined }));
}

/** Writes boxes until `edit` finds nothing to change, and returns what it found then. */
async function editBoxes<T>(
  path: string,
  edit: (text: string) => { readonly now: string; readonly found: T },
): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const text = await readText(path);
    const { now, found } = edit(text);
    // The file is looked at again after a write: somebody may have put another in its place meanwhile.
    if (now === text) return found;
    await patchFile(path, boxPatches(text, now));
  }
  throw new ChantError("FILE_REFUSED", `${path} keeps changing, so it was left alone.`, {
    hint: "Try again.",
  });
}

async function readText(path: string): Promise<string> {
  const stat = await statIfExists(path);
  if (stat === undefined) {
    throw new ChantError("SPEC_UNKNOWN", `${path} is not there.`, { hint: "See what is: chant list --all" });
  }
  const bytes = stat.isFile() ? await readBytesIfExists(path) : undefined;
  if (bytes === undefined) {
    throw new ChantError("FILE_REFUSED", `${path} is not a regular file, so chant does not write to it.`);
  }
  const text = bytes.toString("utf8");
  if (Buffer.from(text, "utf8").equals(bytes)) return text;
  throw new ChantError("FILE_REFUSED", `${path} is not valid UTF-8, so chant does not write to it.`);
}

/** Returns the boxes in which two texts of the same length differ. */
function boxPatches(before: string, after: string): readonly Patch[] {
  const patches: Patch[] = [];
  for (let at = 0; at < before.length; at += 1) {
    if (before[at] === after[at]) continue;
    patches.push({
      offset: Buffer.byteLength(before.slice(0, at - 1), "utf8"),
      from: Buffer.from(before.slice(at - 1, at + 2), "utf8"),
      to: Buffer.from(after.slice(at - 1, at + 2), "utf8"),
    });
  }
  return patches;
}

function reportOf(path: string, before: string, after: string): Omit<TickReport, "asked"> {
  const id = basename(path, ".md");
  const spec = parseSpec(id, before);
  if (isBroken(spec)) {
    const place = `line ${spec.line}, column ${spec.column}`;
    throw new ChantError("SPEC_BROKEN", `${id} is broken at ${place}: ${spec.message}`, {
      hint: `Mend ${path} first; nothing was changed.`,
    });
  }
  const criteria = parseCriteria(after);
  const isNew = ({ ticked, number }: Criterion): boolean =>
    ticked && spec.criteria.some((old) => old.number === number && !old.ticked);
  return { id, path, criteria, ticked: criteria.filter(isNew).map(({ number }) => number) };
}
