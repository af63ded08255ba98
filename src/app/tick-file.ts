import { basename } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { type Criterion, tick } from "../domain/criteria.ts";
import type { SpecId } from "../domain/id.ts";
import { isBroken, parseSpec } from "../domain/spec.ts";
import { readIfExists, statIfExists, writeAtomic } from "../host/files.ts";

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
 * Ticks criteria in a spec's file, and returns how it stands then. Without numbers it only reads. Two that tick the same
 * file at once do not undo each other.
 * @throws ChantError SPEC_UNKNOWN, SPEC_BROKEN, FILE_REFUSED, USAGE for a number that is not there
 */
export async function tickFile(path: string, numbers: readonly number[] | "all"): Promise<TickReport> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const stat = await statIfExists(path);
    const text = stat?.isFile() === true ? await readIfExists(path) : undefined;
    if (stat === undefined || text === undefined) throw notThere(path, stat !== undefined);
    const now = tick(text, numbers);
    const report = { ...reportOf(path, text, now), asked: numbers };
    if (now === text) return report;
    // What is written over must be what was read.
    if ((await readIfExists(path)) !== text) continue;
    await writeAtomic(path, now, stat.mode & 0o777);
    return report;
  }
  throw new ChantError("FILE_REFUSED", `${path} keeps changing, so nothing was ticked.`, {
    hint: "Try again.",
  });
}

function reportOf(path: string, before: string, after: string): Omit<TickReport, "asked"> {
  const id = basename(path, ".md");
  const [old, now] = [parseSpec(id, before), parseSpec(id, after)];
  const broken = [old, now].find(isBroken);
  if (broken !== undefined || isBroken(old) || isBroken(now)) {
    const place =
      broken === undefined ? "" : ` at line ${broken.line}, column ${broken.column}: ${broken.message}`;
    throw new ChantError("SPEC_BROKEN", `${id} is broken${place}`, {
      hint: `Mend ${path} first; nothing was changed.`,
    });
  }
  const isOpen = new Set(old.criteria.filter(({ ticked }) => !ticked).map(({ number }) => number));
  const ticked = now.criteria.filter(({ ticked: isTicked, number }) => isTicked && isOpen.has(number));
  return { id, path, criteria: now.criteria, ticked: ticked.map(({ number }) => number) };
}

function notThere(path: string, isOther: boolean): ChantError {
  if (isOther) {
    return new ChantError("FILE_REFUSED", `${path} is not a regular file, so chant does not write to it.`);
  }
  return new ChantError("SPEC_UNKNOWN", `${path} is not there.`, { hint: "See what is: chant list --all" });
}
