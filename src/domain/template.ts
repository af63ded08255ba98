import { ChantError } from "../kit/errors.ts";
import { parseFrontMatter, positionOfKey, splitDocument } from "./front-matter.ts";

/** What a template asks for. */
export interface TemplateVariable {
  readonly name: string;
  readonly description: string;
  /** Whether it must be given; one with a default need not be. */
  readonly isRequired: boolean;
  readonly default?: string;
}

/** A spec with places that are filled when it is added. */
export interface Template {
  readonly name: string;
  readonly description: string;
  readonly variables: readonly TemplateVariable[];
  /** Under what name messages speak of its file. */
  readonly file: string;
  readonly text: string;
  /** Front matter for the spec, with places; what is the template's own is not among it. */
  readonly front: ReadonlyMap<string, unknown>;
  readonly body: string;
  /** The line of the file on which the body begins, from 1. */
  readonly bodyLine: number;
}

/** Keys that are about the template, and what is decided when the spec is added. */
const OWN_KEYS = new Set(["name", "description", "variables", "status"]);

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const VARIABLE_NAME = /^[A-Za-z_][\w-]*$/;

/** Tells whether a text can be the name of a template, and so of its file. */
export const isTemplateName = (name: string): boolean => NAME.test(name);

/** Tells whether a text can be the name of a variable. */
export const isVariableName = (name: string): boolean => VARIABLE_NAME.test(name);

/**
 * Reads a template.
 * @param name the name of its file, which is its own unless its front matter says another
 * @throws ChantError CONFIG_INVALID with file and line of what is wrong
 */
export function parseTemplate(name: string, file: string, text: string): Template {
  const front = parseFrontMatter(text, "strings");
  // Numbers and switches stay what they are.
  const typed = parseFrontMatter(text);
  if (!front.ok || !typed.ok) {
    const { line, message } = front.ok ? { line: 1, message: "It cannot be read." } : front;
    const isPlace = text.split("\n")[line - 1]?.includes("{{") === true;
    throw fault(file, line, isPlace ? `${message} A place needs quotes here: "{{name}}".` : message);
  }
  const wrong = (key: string, words: string): ChantError => fault(file, positionOfKey(text, key).line, words);
  const own = textOf(front.data.get("name")) ?? name;
  if (!isTemplateName(own)) {
    throw wrong("name", `${JSON.stringify(own)} cannot be the name of a template: letters, digits, - and _.`);
  }
  const description = textOf(front.data.get("description")) ?? "";
  const variables = readVariables(front.data.get("variables"), (words) => wrong("variables", words));
  const body = splitDocument(text)?.body ?? text;
  const rest = new Map([...typed.data].filter(([key, value]) => !OWN_KEYS.has(key) && value !== null));
  for (const [key, value] of rest) {
    if (isFrontValue(value)) continue;
    throw wrong(
      key,
      `"${key}" must be a text, a list of texts or a flat map; a place needs quotes, such as "{{name}}".`,
    );
  }
  const bodyLine = text.split("\n").length - body.split("\n").length + 1;
  return { name: own, description, variables, file, text, front: rest, body, bodyLine };
}

const fault = (file: string, line: number, words: string): ChantError =>
  new ChantError("CONFIG_INVALID", `${file}:${line}: ${words}`, {
    hint: "See what a template may say: docs/guide/templates.md. Nothing was written.",
  });

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;

const isPlain = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isScalar = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

const isFrontValue = (value: unknown): boolean =>
  isScalar(value) ||
  (Array.isArray(value) && value.every(isScalar)) ||
  (isPlain(value) && Object.values(value).every(isScalar));

function readVariables(value: unknown, wrong: (words: string) => ChantError): readonly TemplateVariable[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong('"variables" must be a list of maps with "name" and more.');
  const found = value.map((each: unknown): TemplateVariable => {
    const name = isPlain(each) ? textOf(each["name"]) : undefined;
    if (!isPlain(each) || name === undefined || !isVariableName(name)) {
      throw wrong('each of "variables" needs a "name" of letters, digits, - and _.');
    }
    const required = each["required"] ?? "false";
    if (required !== "true" && required !== "false") {
      throw wrong(`"required" of the variable "${name}" must be true or false.`);
    }
    const preset = each["default"];
    if (preset !== undefined && preset !== null && typeof preset !== "string") {
      throw wrong(`"default" of the variable "${name}" must be a text.`);
    }
    const isGiven = typeof preset === "string";
    return {
      name,
      description: textOf(each["description"]) ?? "",
      isRequired: required === "true" && !isGiven,
      ...(isGiven ? { default: preset } : {}),
    };
  });
  const twice = found.find(({ name }, at) => found.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw wrong(`the variable "${twice.name}" is there twice.`);
  return found;
}
