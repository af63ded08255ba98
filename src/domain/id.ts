import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";

/**
 * The name of a spec and of its file: `2026-01-22-001-x7m`, its members `2026-01-22-001-x7m.1`, theirs
 * `2026-01-22-001-x7m.1.1`. It also names a branch, a lock, a log and a folder, so the rule is narrow.
 */
export type SpecId = string;

/** Longest id in characters. */
const ID_LENGTH_LIMIT = 64;

const SHAPE = /^[a-z0-9][a-z0-9-]*(\.[0-9]+)*$/;
// Windows opens a device for these, whatever follows the first dot.
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/;

/** Tells whether a text may be an id: lower case letters, digits and hyphens, then member numbers; at most 64 characters. */
export const isSpecId = (s: string): boolean =>
  s.length <= ID_LENGTH_LIMIT && SHAPE.test(s) && !RESERVED.test(s);

/**
 * Returns an id that came from outside.
 * @throws ChantError SPEC_ID_INVALID when the rule forbids it.
 */
export function requireSpecId(s: string): SpecId {
  if (isSpecId(s)) return s;
  throw new ChantError("SPEC_ID_INVALID", `${JSON.stringify(s)} cannot be the id of a spec.`, {
    hint: `An id is made of lower case letters, digits and hyphens, may end in member numbers such as ".2", and has at most ${ID_LENGTH_LIMIT} characters.`,
  });
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Returns the local date of a moment, `YYYY-MM-DD`: the part that the ids of one day share. */
export function datePrefix(dateMs: number): string {
  const date = new Date(dateMs);
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** What an id is made of. */
export interface IdParts {
  /** Wall time in milliseconds; its local date goes into the id. */
  readonly dateMs: number;
  /** The number of the spec within its day, from 1. */
  readonly sequence: number;
  /** Three random base36 digits. */
  readonly random: string;
}

/**
 * Returns `YYYY-MM-DD-SSS-RRR`: local date, sequence in base36 at least three wide, three random digits.
 * @throws RangeError when a part is outside its range; that is a bug of the caller.
 */
export function makeId(parts: IdParts): SpecId {
  if (!Number.isSafeInteger(parts.sequence) || parts.sequence < 0) {
    throw new RangeError(`sequence ${parts.sequence}`);
  }
  if (!/^[0-9a-z]{3}$/.test(parts.random)) {
    throw new RangeError(`random part ${JSON.stringify(parts.random)}`);
  }
  return `${datePrefix(parts.dateMs)}-${parts.sequence.toString(36).padStart(3, "0")}-${parts.random}`;
}

/** Returns the first sequence number, from 1, above all those that a day's ids use. */
export function nextSequence(ids: Iterable<SpecId>, prefix: string): number {
  let highest = 0;
  for (const id of ids) {
    if (!id.startsWith(`${prefix}-`)) continue;
    const digits = /^([0-9a-z]{3,8})(?:[-.]|$)/.exec(id.slice(prefix.length + 1))?.[1];
    if (digits !== undefined) highest = Math.max(highest, Number.parseInt(digits, 36));
  }
  return highest + 1;
}

/** Returns the id without its last member number, or undefined when it is no member. */
export function driverOf(id: SpecId): SpecId | undefined {
  const dot = id.lastIndexOf(".");
  return dot < 0 ? undefined : id.slice(0, dot);
}

/** Tells whether a spec is a member of a driver, at any depth. */
export const isMemberOf = (id: SpecId, driver: SpecId): boolean => id.startsWith(`${driver}.`);

/** Returns the next free member number of a driver: one above the highest, so that a number is never given twice. */
export function nextMemberId(driver: SpecId, ids: Iterable<SpecId>): SpecId {
  let highest = 0;
  for (const id of ids) {
    if (isMemberOf(id, driver)) highest = Math.max(highest, Number.parseInt(id.slice(driver.length + 1), 10));
  }
  return requireSpecId(`${driver}.${highest + 1}`);
}

/** Orders ids as people expect: by date and sequence, a driver before its members, member 10 after member 9. */
export function compareIds(a: SpecId, b: SpecId): number {
  const left = a.split(".");
  const right = b.split(".");
  if (left[0] !== right[0]) return (left[0] ?? "") < (right[0] ?? "") ? -1 : 1;
  for (let at = 1; at < Math.min(left.length, right.length); at += 1) {
    const difference = Number(left[at]) - Number(right[at]);
    if (difference !== 0) return difference;
  }
  // "1" and "01" are different files: the text decides when the numbers do not.
  return left.length - right.length || (a === b ? 0 : a < b ? -1 : 1);
}

/** Returns the branch on which a spec is worked, for example `chant/2026-01-22-001-x7m`. */
export const branchOf = (id: SpecId, prefix: string): string => `${prefix}${id}`;

/**
 * Returns the one spec that a part of an id means. The whole id always wins; then whole segments at the end of one id
 * (`x7m.1` is not `x7m.10`); then a part that stands in one id. Where only a driver and its members match, the driver is meant.
 * @throws ChantError SPEC_UNKNOWN (the nearest id in the hint), SPEC_AMBIGUOUS (with the matches).
 */
export function resolveId(partial: string, ids: Iterable<SpecId>): SpecId {
  const known = [...ids];
  if (known.includes(partial)) return partial;
  const wanted = partial.trim().replace(/\.md$/, "").toLowerCase();
  if (known.includes(wanted)) return wanted;
  const matches = wanted === "" ? [] : known.filter((id) => id.includes(wanted)).toSorted(compareIds);
  const [first] = matches;
  if (first === undefined) throw unknown(partial, wanted, known);
  const endings = matches.filter((id) => id.endsWith(`-${wanted}`));
  if (endings.length === 1 && endings[0] !== undefined) return endings[0];
  const family = matches.every((id) => id === first || isMemberOf(id, first));
  // A part that names the driver names its members only because their names begin with it.
  if (matches.length === 1 || (family && first.includes(wanted))) return first;
  throw ambiguous(partial, matches);
}

function unknown(partial: string, wanted: string, known: readonly SpecId[]): ChantError {
  // People leave the date out: compare with the end of each id as well.
  const near = closest(wanted, known) ?? known.find((id) => closest(wanted, [id.slice(11)]) !== undefined);
  const hint = near === undefined ? 'Run "chant list --all" to see all specs.' : `Did you mean ${near}?`;
  return new ChantError("SPEC_UNKNOWN", `No spec matches ${JSON.stringify(partial)}.`, { hint });
}

const SHOWN_MATCHES = 10;

function ambiguous(partial: string, matches: readonly SpecId[]): ChantError {
  const shown = matches.slice(0, SHOWN_MATCHES).map((id) => `\n  ${id}`);
  const more = matches.length > SHOWN_MATCHES ? `\n  and ${matches.length - SHOWN_MATCHES} more` : "";
  return new ChantError(
    "SPEC_AMBIGUOUS",
    `${JSON.stringify(partial)} matches ${matches.length} specs:${shown.join("")}${more}`,
    { hint: `Write more of the id, for example ${matches[0] ?? ""}.` },
  );
}
