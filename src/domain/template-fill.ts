import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import { positionOfKey } from "./front-matter.ts";
import { linesWithHeadings } from "./markdown.ts";
import type { Template, TemplateVariable } from "./template.ts";

/** A template with its places filled. */
export interface Filled {
  readonly title: string;
  /** What stands below the title. */
  readonly body: string;
  readonly front: ReadonlyMap<string, unknown>;
}

/** The words of the command line are what this place stands for, unless the template has a variable of that name. */
const TITLE = "title";

const PLACE = /\{\{\s*([\w.-]+)\s*\}\}/g;

/**
 * Fills a template's places. What is put in is not read again.
 * @param title the words of the command line; undefined where the template has a heading of its own
 * @throws ChantError USAGE for values that are missing or unknown; CONFIG_INVALID for a place without a variable
 */
export function fillTemplate(
  template: Template,
  given: ReadonlyMap<string, string>,
  title: string | undefined,
): Filled {
  const hasOwn = template.variables.some(({ name }) => name === TITLE);
  const all =
    hasOwn && title !== undefined && !given.has(TITLE) ? new Map([...given, [TITLE, title]]) : given;
  requireValues(template, all, title);
  const values = new Map<string, string>(hasOwn ? [] : [[TITLE, title ?? ""]]);
  for (const { name, default: preset = "" } of template.variables) {
    values.set(name, all.get(name) ?? preset);
  }
  const body = fillText(template.body, values, (name, line) =>
    unknownPlace(template, name, template.bodyLine + line),
  );
  const front = new Map(
    [...template.front].map(([key, value]) => [
      key,
      fillValue(value, values, (name) =>
        unknownPlace(template, name, positionOfKey(template.text, key).line),
      ),
    ]),
  );
  const { heading, rest } = splitHeading(body);
  // Words that no place takes are the heading.
  const words = isPlaceIn(template, TITLE) ? (heading ?? title) : (title ?? heading);
  if (words === undefined || words.trim() === "") throw withoutTitle(template);
  return { title: words, body: rest, front };
}

/** Returns the command line that would add a spec by a template, with a value for whatever must be given. */
export function templateExample(template: Template, given: ReadonlyMap<string, string> = new Map()): string {
  const values = template.variables
    .filter(({ name, isRequired }) => isRequired || given.has(name))
    .map(({ name }) => ` --var ${name}=${shellWord(given.get(name) ?? "...")}`);
  const needsTitle = needsWords(template) ? ' "What is to be done"' : "";
  return `chant add${needsTitle} --template ${template.name}${values.join("")}`;
}

const shellWord = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Whether the words of the command line are needed: a place asks for them, or there is no heading. */
function needsWords(template: Template): boolean {
  const hasOwn = template.variables.some(({ name }) => name === TITLE);
  if (!hasOwn && isPlaceIn(template, TITLE)) return true;
  return splitHeading(template.body).heading === undefined;
}

function isPlaceIn({ body, front }: Template, name: string): boolean {
  const texts = [body, JSON.stringify([...front])];
  return texts.some((text) => [...text.matchAll(PLACE)].some(([, each]) => each === name));
}

function requireValues(
  template: Template,
  given: ReadonlyMap<string, string>,
  title: string | undefined,
): void {
  const { name, variables } = template;
  const known = variables.map((variable) => variable.name);
  const unknown = [...given.keys()].find((each) => !known.includes(each));
  if (unknown !== undefined) {
    const near = closest(unknown, known);
    const all = known.length === 0 ? "It has none." : `Its variables are: ${known.join(", ")}.`;
    throw new ChantError("USAGE", `The template "${name}" has no variable "${unknown}".`, {
      hint: `${near === undefined ? "" : `Did you mean "${near}"? `}${all} Nothing was written.`,
    });
  }
  const missing = variables.filter((variable) => variable.isRequired && !given.has(variable.name));
  if (missing.length > 0) {
    throw new ChantError("USAGE", `The template "${name}" needs ${missing.map(wordsOf).join(", ")}.`, {
      hint: `For example: ${templateExample(template, given)}. Nothing was written.`,
    });
  }
  if (title === undefined && needsWords(template)) throw withoutTitle(template, given);
}

const wordsOf = ({ name, description }: TemplateVariable): string =>
  `--var ${name}=...${description === "" ? "" : ` (${description.replace(/\.$/, "")})`}`;

const withoutTitle = (template: Template, given?: ReadonlyMap<string, string>): ChantError =>
  new ChantError("USAGE", `A spec by the template "${template.name}" needs a title.`, {
    hint: `For example: ${templateExample(template, given)}. Nothing was written.`,
  });

function unknownPlace(template: Template, name: string, line: number): ChantError {
  const known = template.variables.map((variable) => variable.name);
  const near = closest(name, [...known, TITLE]);
  const declare = `Describe it under "variables", or take the place out. Nothing was written.`;
  return new ChantError("CONFIG_INVALID", `${template.file}:${line}: there is no variable {{${name}}}.`, {
    hint: near === undefined ? declare : `Did you mean {{${near}}}? ${declare}`,
  });
}

function fillText(
  text: string,
  values: ReadonlyMap<string, string>,
  unknown: (name: string, line: number) => ChantError,
): string {
  return text.replaceAll(PLACE, (_, name: string, at: number) => {
    const value = values.get(name);
    if (value === undefined) throw unknown(name, text.slice(0, at).split("\n").length - 1);
    return value;
  });
}

function fillValue(
  value: unknown,
  values: ReadonlyMap<string, string>,
  unknown: (name: string) => ChantError,
): unknown {
  if (typeof value === "string") return fillText(value, values, unknown);
  // An item that comes out empty says nothing.
  if (Array.isArray(value)) {
    return value.map((item) => fillValue(item, values, unknown)).filter((item) => item !== "");
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, fillValue(part, values, unknown)]),
  );
}

/** Takes the first `#` heading out of a body. */
function splitHeading(body: string): { readonly heading?: string; readonly rest: string } {
  for (const { line, heading } of linesWithHeadings(body)) {
    if (heading?.level !== 1 || heading.title === "") continue;
    const rest = body.slice(0, line.start) + body.slice(line.start + line.raw.length).replace(/^\r?\n/, "");
    return { heading: heading.title, rest };
  }
  return { rest: body };
}
