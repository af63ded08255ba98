import { parseFrontMatter } from "./front-matter.ts";

/** A known key whose value has the wrong shape. */
export class WrongShape extends Error {
  readonly key: string;
  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

type Plain = { readonly [key: string]: unknown };

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** Reads the known keys of one file's front matter, each in the shape it must have. A key without a value is absent. */
export class SpecFields {
  readonly #data: ReadonlyMap<string, unknown>;
  readonly #text: string;
  #strings: ReadonlyMap<string, unknown> | undefined;

  constructor(data: ReadonlyMap<string, unknown>, text: string) {
    this.#data = data;
    this.#text = text;
  }

  /** @throws WrongShape when the value is a list or a map. `model: 4.0` is the text that stands there. */
  text(key: string): string | undefined {
    const value = this.#data.get(key);
    if (isAbsent(value)) return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "object") throw new WrongShape(key, `"${key}" must be one text.`);
    return String(this.#asStrings().get(key));
  }

  /** A list of texts; one text counts as a list of one. @throws WrongShape for all else, empty items included. */
  list(key: string): readonly string[] {
    const value = this.#data.get(key);
    if (isAbsent(value)) return [];
    if (typeof value === "string") return [value];
    if (!Array.isArray(value)) throw new WrongShape(key, `"${key}" must be a list of texts.`);
    if (value.every((item) => typeof item === "string")) return value;
    if (value.some((item) => isAbsent(item) || typeof item === "object")) {
      throw new WrongShape(key, `"${key}" must be a list of texts, and an item is none.`);
    }
    const texts: unknown = this.#asStrings().get(key);
    return Array.isArray(texts) ? texts.map(String) : [];
  }

  /** @throws WrongShape when it is not one of the words. */
  word<W extends string>(key: string, words: readonly W[]): W | undefined {
    return oneOf(this.text(key), words, key, key);
  }

  /** @throws WrongShape when it is no number. */
  number(key: string): number | undefined {
    return numberIn(this.#data.get(key), key, key);
  }

  /** @throws WrongShape when it is neither true nor false. */
  flag(key: string): boolean | undefined {
    return flagIn(this.#data.get(key), key, key);
  }

  /** The parts of a flat map. @throws WrongShape when it is none. */
  map(key: string): MapFields | undefined {
    const value = this.#data.get(key);
    if (isAbsent(value)) return undefined;
    if (!isPlain(value)) throw new WrongShape(key, `"${key}" must be a map of keys and values.`);
    return new MapFields(key, value);
  }

  /** Tells whether the value is one text rather than a map. */
  isText(key: string): boolean {
    return typeof this.#data.get(key) === "string";
  }

  #asStrings(): ReadonlyMap<string, unknown> {
    if (this.#strings === undefined) {
      const read = parseFrontMatter(this.#text, "strings");
      this.#strings = read.ok ? read.data : this.#data;
    }
    return this.#strings;
  }
}

/** The parts of one map in the front matter. */
export class MapFields {
  readonly #key: string;
  readonly #value: Plain;

  constructor(key: string, value: Plain) {
    this.#key = key;
    this.#value = value;
  }

  /** @throws WrongShape when the value is a list or a map. */
  text(part: string): string | undefined {
    const value = this.#value[part];
    if (isAbsent(value)) return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    throw new WrongShape(this.#key, `"${this.#key}.${part}" must be one text.`);
  }

  /** @throws WrongShape when it is not one of the words. */
  word<W extends string>(part: string, words: readonly W[]): W | undefined {
    return oneOf(this.text(part), words, this.#key, `${this.#key}.${part}`);
  }

  /** @throws WrongShape when it is no number. */
  number(part: string): number | undefined {
    return numberIn(this.#value[part], this.#key, `${this.#key}.${part}`);
  }

  /** @throws WrongShape when it is neither true nor false. */
  flag(part: string): boolean | undefined {
    return flagIn(this.#value[part], this.#key, `${this.#key}.${part}`);
  }
}

function numberIn(value: unknown, key: string, name: string): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new WrongShape(key, `"${name}" must be a number.`);
}

function flagIn(value: unknown, key: string, name: string): boolean | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === "boolean") return value;
  throw new WrongShape(key, `"${name}" must be true or false.`);
}

function oneOf<W extends string>(
  value: string | undefined,
  words: readonly W[],
  key: string,
  name: string,
): W | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new WrongShape(key, `"${name}" is ${JSON.stringify(value)}; it must be one of ${words.join(", ")}.`);
}
