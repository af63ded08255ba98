import { parseSize, SIZE_PATTERN, SIZE_WORDS } from "./size.ts";

/** What a JSON Schema says of one value. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** One key of the config: its default, and how its value is read. */
export interface Field<T> {
  /** What holds where the file says nothing. */
  readonly default: T;
  /** What the value may be, in words that follow "it must be". */
  readonly allowed: string;
  /** What the key is for. */
  readonly brief: string;
  /** The same as `allowed`, for editors; where it cannot say all, it lets more pass. */
  readonly schema: JsonSchema;
  /** Returns the value, or undefined when it is not allowed. */
  readonly read: (value: unknown) => T | undefined;
}

interface Patterned<T> {
  readonly default: T;
  readonly brief: string;
  readonly pattern: RegExp;
  readonly allowed: string;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** Tells whether a value is a list of texts, none of them empty. */
export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isText);

/** A text of a certain form. */
export const matching = <T extends string | undefined>({
  pattern,
  ...field
}: Patterned<T>): Field<string | T> => ({
  ...field,
  schema: { type: "string", pattern: pattern.source },
  read: (value) => (isText(value) && pattern.test(value) ? value : undefined),
});

/** A length of time that something is kept, as text. */
export const period = (preset: string, brief: string): Field<string> =>
  matching({
    default: preset,
    brief,
    pattern: /^(?:forever|[1-9]\d{0,4}[dwy])$/,
    allowed: '"forever", or a number and a unit (d, w, y), such as "90d"',
  });

/** A size, as text; a bare 0 as well. */
export const size = (preset: string, brief: string): Field<string> => ({
  default: preset,
  allowed: SIZE_WORDS,
  brief,
  schema: { anyOf: [{ enum: [0] }, { type: "string", pattern: SIZE_PATTERN.source }] },
  read: (value) => {
    const text = value === 0 ? "0" : value;
    return isText(text) && parseSize(text) !== undefined ? text : undefined;
  },
});

/** True or false. */
export const flag = (preset: boolean, brief: string): Field<boolean> => ({
  default: preset,
  allowed: "true or false",
  brief,
  schema: { type: "boolean" },
  read: (value) => (typeof value === "boolean" ? value : undefined),
});

/** A whole number in a range, its ends included. */
export const wholeNumber = (preset: number, from: number, to: number, brief: string): Field<number> => ({
  ...number(preset, from, to, brief),
  allowed: `a whole number from ${from} to ${to}`,
  schema: { type: "integer", minimum: from, maximum: to },
  read: (value) => (Number.isInteger(value) ? within(from, to, value) : undefined),
});

/** A number in a range, its ends included. */
export const number = (preset: number, from: number, to: number, brief: string): Field<number> => ({
  default: preset,
  allowed: `a number from ${from} to ${to}`,
  brief,
  schema: { type: "number", minimum: from, maximum: to },
  read: (value) => within(from, to, value),
});

const within = (from: number, to: number, value: unknown): number | undefined =>
  typeof value === "number" && value >= from && value <= to ? value : undefined;

const DAY_MS = 24 * 60 * 60_000;
const WEEK_MINUTES = 7 * 24 * 60;

/** A duration in minutes, at most a week; from 0 where 0 means something. */
export const minutes = (preset: number, brief: string, from: 0 | "above 0" = 0): Field<number> => ({
  default: preset,
  allowed: `a number of minutes ${from === 0 ? "from 0 to" : "above 0, at most"} ${WEEK_MINUTES}`,
  brief,
  schema: { type: "number", [from === 0 ? "minimum" : "exclusiveMinimum"]: 0, maximum: WEEK_MINUTES },
  read: (value) => (from !== 0 && value === 0 ? undefined : within(0, WEEK_MINUTES, value)),
});

/** A duration in whole milliseconds, at most a day. */
export const milliseconds = (preset: number, from: number, brief: string): Field<number> => ({
  ...wholeNumber(preset, from, DAY_MS, brief),
  allowed: `a whole number of milliseconds from ${from} to ${DAY_MS}`,
});

/** One of a few words. */
export const choice = <const W extends string>(preset: W, words: readonly W[], brief: string): Field<W> => ({
  default: preset,
  allowed: words.map((word) => JSON.stringify(word)).join(" or "),
  brief,
  schema: { enum: words },
  read: (value) => words.find((word) => word === value),
});

/** Some of a few words, all of them where nothing is said; one may stand there without a list. */
export const choices = <const W extends string>(words: readonly W[], brief: string): Field<readonly W[]> => ({
  default: words,
  allowed: `a list of ${words.join(", ")}`,
  brief,
  schema: oneOrMore({ enum: words }),
  read: (value) => {
    const given = isText(value) ? [value] : value;
    if (!isTexts(given)) return undefined;
    const found = words.filter((word) => given.includes(word));
    return found.length === new Set(given).size ? found : undefined;
  },
});

/** One value, or a list of such. */
const oneOrMore = (items: JsonSchema): JsonSchema => ({ anyOf: [items, { type: "array", items }] });

interface Listed {
  readonly default?: readonly string[];
  readonly allowed: string;
  readonly brief: string;
  /** What each text must match. */
  readonly pattern: RegExp;
}

/** A list of texts; one may stand there without a list. */
export const texts = ({ pattern, ...field }: Listed): Field<readonly string[]> => ({
  default: [],
  ...field,
  schema: oneOrMore({ type: "string", pattern: pattern.source }),
  read: (value) => {
    const list = isText(value) ? [value] : value;
    return isTexts(list) && list.every((text) => pattern.test(text)) ? list : undefined;
  },
});

/** A list of texts, none of them empty, that must be written as a list. */
export const listOfTexts: JsonSchema = { type: "array", items: { type: "string", minLength: 1 } };

/** Neither absolute, in any system's way, nor with `..` as one of its parts. */
const INSIDE = /^(?![/\\~]|[A-Za-z]:)(?!(?:[\s\S]*[/\\])?\.\.(?:[/\\]|$))[\s\S]/;

/** A list of paths that do not lead out of the repository. */
export const pathsInside = (brief: string): Field<readonly string[]> =>
  texts({
    allowed: "a list of paths inside the repository, relative to its top",
    brief,
    pattern: INSIDE,
  });
