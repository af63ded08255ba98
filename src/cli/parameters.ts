/** Reads a count, as from `--max 4`. */
export function positive(input: string): number {
  const number = /^\d+$/.test(input) ? Number(input) : 0;
  if (number > 0 && Number.isSafeInteger(number)) return number;
  throw new SyntaxError("it must be a whole number from 1");
}

/** Reads a priority: any whole number, below 0 as well. */
export function whole(input: string): number {
  if (/^[+-]?\d+$/.test(input)) return Number(input);
  throw new SyntaxError("it must be a whole number");
}

/** Takes any word as it is. */
export const word = (input: string): string => input;

/** The flag that every reading command has. */
export const jsonFlag = {
  kind: "boolean",
  brief: "Print one JSON object on standard output",
  optional: true,
  withNegated: false,
} as const;

/** A flag that is either given or not. */
export const toggle = (brief: string) =>
  ({ kind: "boolean", brief, optional: true, withNegated: false }) as const;

/** A flag that overrules the configuration in either direction: `--NAME` and `--no-NAME`. */
export const override = (brief: string) => ({ kind: "boolean", brief, optional: true }) as const;

/** A flag with one value. */
export const option = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: word, brief, placeholder, optional: true }) as const;

/** A flag that may be given several times. */
export const options = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: word, brief, placeholder, optional: true, variadic: true }) as const;

/** The one spec that a command is about. */
export const idWord = {
  brief: "The spec: its id, or a part that only it has",
  parse: word,
  placeholder: "ID",
} as const;

/** One spec or several. */
export const idWords = {
  kind: "array",
  parameter: { ...idWord, brief: "The specs: ids, or parts that only one spec has each" },
  minimum: 1,
} as const;
