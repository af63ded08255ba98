import { ChantError } from "../kit/errors.ts";
import { plural } from "../kit/text.ts";
import { splitDocument } from "./front-matter.ts";
import { linesWithHeadings, type MarkdownLine } from "./markdown.ts";

/** One thing that must be true when a spec is done: an item with a box under "Acceptance Criteria". */
export interface Criterion {
  /** The item's first line, without box and check. */
  readonly text: string;
  readonly ticked: boolean;
  /** Counts from 1 in the whole file. */
  readonly line: number;
  /** Counts from 1 among the criteria of the file. */
  readonly number: number;
  /** The command of a comment `<!-- check: COMMAND -->` beside the item. */
  readonly check?: string;
}

interface FoundCriterion {
  readonly criterion: Criterion;
  /** Offset of the character between the brackets. */
  readonly box: number;
}

const ITEM = /^([ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)([ xX])\](?:[ \t]+(.*))?$/;
const CHECK = /<!--\s*check:\s*(\S.*?)\s*-->/;
const CHECK_COMMENT = new RegExp(`[ \\t]*${CHECK.source}[ \\t]*`);

/**
 * Finds the criteria of a spec's file: items with a box, nested ones too, under any heading "Acceptance Criteria" of any
 * level, up to the next heading of the same or a higher level. Code fences and HTML comments do not count.
 */
export const parseCriteria = (text: string): readonly Criterion[] =>
  findCriteria(text).map(({ criterion }) => criterion);

function findCriteria(text: string): readonly FoundCriterion[] {
  // Most files that are no specs end here.
  if (!/acceptance\s+criteria/i.test(text)) return [];
  const found: FoundCriterion[] = [];
  const bodyStart = splitDocument(text)?.bodyStart ?? 0;
  let lineNumber = text.slice(0, bodyStart).split("\n").length - 1;
  let sectionLevel: number | undefined;
  for (const { line, heading } of linesWithHeadings(text, bodyStart)) {
    lineNumber += 1;
    if (heading !== undefined) {
      const isOutside = sectionLevel === undefined || heading.level <= sectionLevel;
      if (isOutside) sectionLevel = isCriteriaTitle(heading.title) ? heading.level : undefined;
      continue;
    }
    const item = sectionLevel === undefined ? null : ITEM.exec(line.visible);
    const upToBox = item?.[1] ?? "";
    // A line that begins with a comment is HTML to the end.
    if (item === null || !line.raw.startsWith(upToBox)) continue;
    const words = (item[3] ?? "").trim();
    const check = checkIn(line);
    const criterion = {
      text: line.visible === line.raw ? words : words.replace(/ +/g, " "),
      ticked: item[2] !== " ",
      line: lineNumber,
      number: found.length + 1,
      ...(check === undefined ? {} : { check }),
    };
    found.push({ criterion, box: line.start + upToBox.length });
  }
  return found;
}

/** Returns those of some criteria that others have in the very same words. */
export const criteriaIn = (
  others: readonly Criterion[],
  criteria: readonly Criterion[],
): readonly Criterion[] => criteria.filter(({ text }) => others.some((other) => other.text === text));

const isWithNote = (noted: string, text: string): boolean =>
  noted.startsWith(text) && !/^[\p{L}\p{N}]/u.test(noted.slice(text.length));

/** Returns those of some criteria whose words none of the others has, be it with a note behind them. */
export const criteriaNotIn = (
  others: readonly Criterion[],
  criteria: readonly Criterion[],
): readonly Criterion[] =>
  criteria.filter(({ text }) => !others.some((other) => isWithNote(other.text, text)));

/** Returns the command of a check beside an item. What only stands in code is no comment. */
function checkIn({ raw, visible }: MarkdownLine): string | undefined {
  const found = CHECK.exec(raw);
  return found === null || visible[found.index] === "<" ? undefined : found[1];
}

/** Returns a criterion's line without the comment of its check, and without the space before that. */
export const withoutCheck = (line: string): string => line.replace(CHECK_COMMENT, "");

/** Tolerates emphasis and a colon: `**Acceptance Criteria:**`. */
const isCriteriaTitle = (title: string): boolean =>
  /^[*_]*acceptance\s+criteria\s*:?[*_]*\s*:?$/i.test(title);

/**
 * Ticks criteria by number, or all of them. Nothing but the characters in the boxes changes.
 * @throws ChantError USAGE when there is no criterion of that number.
 */
export function tick(text: string, numbers: readonly number[] | "all"): string {
  const found = findCriteria(text);
  const isMeant = ({ criterion: { number } }: FoundCriterion): boolean =>
    numbers === "all" || numbers.includes(number);
  if (numbers !== "all") {
    const missing = numbers.find((number) => !found.some(({ criterion }) => criterion.number === number));
    if (missing !== undefined) throw noSuchCriterion(missing, found.length);
  }
  return fillBoxes(
    text,
    found.filter((one) => isMeant(one) && !one.criterion.ticked),
    "x",
  );
}

/** Empties the boxes of all criteria. */
export const untickAll = (text: string): string =>
  fillBoxes(
    text,
    findCriteria(text).filter(({ criterion }) => criterion.ticked),
    " ",
  );

/**
 * Returns a whole text of which only the beginning is left, and boxes of that were ticked or emptied meanwhile: those stay
 * as they are. Undefined where it is no such beginning, or nothing is missing.
 * @param begun what is left
 * @param whole what it was before, with the boxes as they were then
 */
export function wholeAgain(begun: string, whole: string): string | undefined {
  if (begun.length >= whole.length) return undefined;
  const boxes = new Set(findCriteria(whole).map(({ box }) => box));
  const isSame = (at: number): boolean =>
    begun[at] === whole[at] || (boxes.has(at) && /^[ xX]$/.test(begun[at] ?? ""));
  for (let at = 0; at < begun.length; at += 1) if (!isSame(at)) return undefined;
  return begun + whole.slice(begun.length);
}

function fillBoxes(text: string, criteria: readonly FoundCriterion[], mark: "x" | " "): string {
  let filled = "";
  let copied = 0;
  for (const { box } of criteria) {
    filled += text.slice(copied, box) + mark;
    copied = box + 1;
  }
  return filled + text.slice(copied);
}

function noSuchCriterion(number: number, count: number): ChantError {
  const message = `There is no criterion ${number}: the spec has ${count === 0 ? "none" : plural(count, "criterion", "criteria")}.`;
  return new ChantError("USAGE", message, { hint: "Criteria are counted from 1, in the order of the file." });
}
