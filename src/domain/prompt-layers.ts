import { ChantError } from "../kit/errors.ts";
import { parseFrontMatter, positionOfKey, splitDocument } from "./front-matter.ts";

/** The file of a prompt. */
export interface PromptFile {
  readonly name: string;
  /** Under what name messages speak of it. */
  readonly file: string;
  readonly text: string;
}

/** A part of a prompt within one line, and where it stands. */
export interface PromptPart {
  readonly text: string;
  readonly file: string;
  /** Counts from 1, in the whole file. */
  readonly line: number;
}

/** Something that is wrong with a prompt, at a line of a file. */
export class PromptFault extends ChantError {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** What is wrong, without the place. */
  readonly words: string;

  constructor({ file, line }: Pick<PromptPart, "file" | "line">, words: string, hint: string) {
    super("CONFIG_INVALID", `${file}:${line}: ${words}`, { hint });
    this.file = file;
    this.line = line;
    this.words = words;
  }
}

/** The name of a prompt: it becomes the name of a file. */
export const PROMPT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** Front matter in front of a prompt is for people, but for `extends`; what only looks like some is text. */
const frontOf = (text: string): ReadonlyMap<string, unknown> | undefined => {
  const front = splitDocument(text) === undefined ? undefined : parseFrontMatter(text, "strings");
  return front?.ok === true ? front.data : undefined;
};

/**
 * Returns the name of the prompt that one adds to, and the line that says so; undefined when it stands alone.
 * @throws PromptFault when that cannot be a name
 */
export function parentOf({
  text,
  file,
}: PromptFile): { readonly name: string; readonly line: number } | undefined {
  const name = frontOf(text)?.get("extends");
  if (name === undefined || name === null) return undefined;
  const { line } = positionOfKey(text, "extends");
  if (typeof name === "string" && PROMPT_NAME.test(name)) return { name, line };
  throw new PromptFault(
    { file, line },
    `${JSON.stringify(name)} cannot be the name of a prompt.`,
    'A name is made of letters, digits, - and _, without ".md", such as: extends: standard',
  );
}

const PARENT = /\{\{>\s*([^{}\s]*)\s*\}\}/g;

/**
 * Returns the parts of a prompt, the text of the one that it extends in the place of `{{> parent}}`, or in front where
 * there is no such place.
 * @param chain the prompt, the one that it extends, and so on
 * @throws PromptFault with the line of a place that nothing goes to
 */
export function layersOf(chain: readonly PromptFile[]): readonly PromptPart[] {
  const [own, ...above] = chain;
  if (own === undefined) return [];
  const parent = above.length === 0 ? undefined : layersOf(above);
  const { parts, isPlaced } = partsOf(own, parent);
  return parent === undefined || isPlaced ? parts : [...parent, { ...lastOf(parent), text: "\n" }, ...parts];
}

function partsOf(
  { file, text }: PromptFile,
  parent: readonly PromptPart[] | undefined,
): { readonly parts: readonly PromptPart[]; readonly isPlaced: boolean } {
  const body = frontOf(text) === undefined ? text : (splitDocument(text)?.body ?? text);
  const above = text.split("\n").length - body.split("\n").length;
  const parts: PromptPart[] = [];
  let isPlaced = false;
  for (const [at, words] of body.split(/(?<=\n)/).entries()) {
    const line = above + at + 1;
    let from = 0;
    for (const place of words.matchAll(PARENT)) {
      if (place[1] !== "parent") throw unknownPart(file, line, place[0]);
      if (parent === undefined) throw withoutParent(file, line);
      parts.push({ file, line, text: words.slice(from, place.index) }, ...trimmed(parent));
      from = place.index + place[0].length;
      isPlaced = true;
    }
    parts.push({ file, line, text: words.slice(from) });
  }
  return { parts: parts.filter((part) => part.text !== ""), isPlaced };
}

const lastOf = (parts: readonly PromptPart[]): Pick<PromptPart, "file" | "line"> =>
  parts.at(-1) ?? { file: "", line: 1 };

/** Without the empty lines around it, so that the place decides about those. */
function trimmed(parts: readonly PromptPart[]): readonly PromptPart[] {
  const isText = ({ text }: PromptPart): boolean => text.trim() !== "";
  const first = parts.findIndex(isText);
  const last = parts.findLastIndex(isText);
  return parts
    .slice(Math.max(0, first), last + 1)
    .map((part, at) => (at === last - first ? { ...part, text: part.text.trimEnd() } : part));
}

const unknownPart = (file: string, line: number, place: string): PromptFault =>
  new PromptFault(
    { file, line },
    `there is no part ${place}.`,
    "Only {{> parent}} is known: the text of the prompt that this one extends.",
  );

const withoutParent = (file: string, line: number): PromptFault =>
  new PromptFault(
    { file, line },
    "{{> parent}} has no parent to stand for.",
    "Name it in the front matter, for example: extends: standard",
  );
