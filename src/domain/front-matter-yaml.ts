import { CST, isCollection, isMap, isNode, isScalar, isSeq, parseDocument, Parser } from "yaml";
import type { Node, Pair } from "yaml";

// Imported statically: bundled, yaml costs 5 ms of Node's start and 2 ms of the executable's; loading it only when it is
// needed would make every reader of a spec asynchronous.

/** A fault in the text, at an offset into it. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
}

/** What a YAML text holds, or what is wrong with it. */
export type YamlMap =
  | { readonly ok: true; readonly data: ReadonlyMap<string, unknown> }
  | ({ readonly ok: false } & YamlFault);

/** Where one top-level key stands: offsets into the text, lines including their line break. */
export interface YamlEntry {
  readonly key: string;
  /** Start of the line on which the key begins. */
  readonly start: number;
  /** After the last line that belongs to the value; comments and blank lines below it do not. */
  readonly end: number;
  /** Where the key itself begins. */
  readonly keyOffset: number;
  /** After the colon; the end of the key where there is none. */
  readonly colonEnd: number;
  /** Where the value begins, or undefined when it is empty. */
  readonly valueOffset: number | undefined;
  /** After the last character of the value, or `colonEnd`. */
  readonly valueEnd: number;
  /** How the value is written. `complex` keys use `?` or carry a tag. */
  readonly form: "empty" | "flow" | "block" | "block-scalar" | "complex";
  /** The header (`|`, `>-`, `|2+`) of the block scalar in which the value ends: it takes up indented lines below it. */
  readonly openScalar: string | undefined;
}

const DEPTH_LIMIT = 32;
const TOO_DEEP = "Nested too deeply";

class Refused extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Reads a text as one YAML map by the core schema of YAML 1.2, strictly: no anchors and aliases, no tags outside the
 * schema, no duplicate keys, no second document. With `scalars: "strings"` every scalar is its text.
 * Maps below the top are objects without a prototype.
 */
export function readYamlMap(text: string, scalars: "core" | "strings" = "core"): YamlMap {
  try {
    const document = parseDocument(text, {
      schema: scalars === "core" ? "core" : "failsafe",
      resolveKnownTags: false,
      // Checked below: on 32,000 keys the library's own check takes four seconds.
      uniqueKeys: false,
      prettyErrors: false,
    });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) {
      // Thousands of open brackets overflow the library's stack, which it reports like this or throws.
      throw new Refused(fault.pos[0], /call stack/i.test(fault.message) ? TOO_DEEP : fault.message);
    }
    const { contents } = document;
    if (contents === null) return { ok: true, data: new Map() };
    if (!isMap(contents) || contents.flow === true) {
      throw new Refused(offsetOf(contents), 'Expected one "key: value" a line');
    }
    refuseAnchor(contents);
    return { ok: true, data: readPairs(contents.items, 0) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, offset: error.offset, message: error.message };
    if (error instanceof RangeError) return { ok: false, offset: 0, message: TOO_DEEP };
    throw error;
  }
}

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

function refuseAnchor(node: Node): void {
  if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
    throw new Refused(offsetOf(node), `The anchor &${node.anchor} is not allowed`);
  }
}

function readPairs(pairs: readonly Pair[], depth: number): Map<string, unknown> {
  const data = new Map<string, unknown>();
  for (const { key: keyNode, value } of pairs) {
    const key = readKey(keyNode);
    if (data.has(key)) {
      throw new Refused(isNode(keyNode) ? offsetOf(keyNode) : 0, `The key "${key}" is there twice`);
    }
    data.set(key, readNode(value, depth));
  }
  return data;
}

function readKey(node: unknown): string {
  if (!isScalar(node)) throw new Refused(isNode(node) ? offsetOf(node) : 0, "A key must be a word");
  refuseAnchor(node);
  // `true: x` and `1.0: x` are keys by their text, whatever the schema makes of it.
  const key = typeof node.value === "string" ? node.value : (node.source ?? "");
  if (key === "" && node.type === "PLAIN") throw new Refused(offsetOf(node), "A key is missing");
  return key;
}

function readNode(node: unknown, depth: number): unknown {
  if (node === null) return null;
  if (!isNode(node)) throw new TypeError("yaml gave something that is no node");
  if (depth > DEPTH_LIMIT) throw new Refused(offsetOf(node), TOO_DEEP);
  refuseAnchor(node);
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => readNode(item, depth + 1));
  if (isMap(node)) {
    const object = Object.create(null) as { [key: string]: unknown };
    for (const [key, value] of readPairs(node.items, depth + 1)) object[key] = value;
    return object;
  }
  throw new Refused(offsetOf(node), "An alias is not allowed");
}

/** Returns the offset of the key at the end of a path through maps, or of the last one on the way that is there. */
export function yamlOffsetOf(text: string, path: readonly string[]): number | undefined {
  let node: unknown = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
  }).contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isSeq(node)) {
      node = node.items[Number(key)];
      if (!isNode(node)) break;
      offset = offsetOf(node);
      continue;
    }
    const pair: Pair | undefined = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    if (pair === undefined || !isNode(pair.key)) break;
    offset = offsetOf(pair.key);
    node = pair.value;
  }
  return offset;
}

/** Finds the top-level keys of a text that `readYamlMap` accepts, in order. */
export function yamlEntries(text: string): readonly YamlEntry[] {
  for (const token of new Parser().parse(text)) {
    if (token.type === "document" && token.value?.type === "block-map") {
      return token.value.items.map((item) => entryOf(text, item));
    }
  }
  return [];
}

type MapItem = CST.BlockMap["items"][number];

function entryOf(text: string, item: MapItem): YamlEntry {
  const { key: keyToken, value } = item;
  const colon = item.sep?.find((token) => token.type === "map-value-ind");
  const first = item.start.find(isSignificant)?.offset ?? keyToken?.offset ?? colon?.offset ?? 0;
  const keyEnd = endOf([keyToken], first);
  const valueEnd = endOf([...(item.sep ?? []), value], keyEnd);
  const lineEnd = text.indexOf("\n", valueEnd);
  return {
    key: keyToken === undefined || keyToken === null ? "" : (CST.resolveAsScalar(keyToken)?.value ?? ""),
    start: text.lastIndexOf("\n", first - 1) + 1,
    end: lineEnd < 0 ? text.length : lineEnd + 1,
    keyOffset: first,
    colonEnd: colon === undefined ? keyEnd : colon.offset + 1,
    valueOffset: value?.offset,
    valueEnd,
    form: formOf(item),
    openScalar: openScalarOf(value),
  };
}

function formOf(item: MapItem): YamlEntry["form"] {
  // Nothing but the colon: no tag, and no `?` in front.
  const isPlain = !item.start.some(isSignificant) && item.sep?.filter(isSignificant).length === 1;
  if (!isPlain) return "complex";
  const type = item.value?.type;
  if (type === undefined) return "empty";
  if (type === "block-scalar") return type;
  return type === "block-map" || type === "block-seq" ? "block" : "flow";
}

function openScalarOf(value: CST.Token | undefined): string | undefined {
  const leaves = [...leavesOf(value)].filter(isSignificant);
  if (leaves.at(-1)?.type.startsWith("block-scalar") !== true) return undefined;
  return leaves.findLast((leaf) => leaf.type === "block-scalar-header")?.source;
}

type Leaf = Pick<CST.SourceToken, "offset" | "source"> & { readonly type: string };

const isSignificant = (token: Leaf): boolean => !["space", "comment", "newline"].includes(token.type);

/** Returns the offset after the last character that is no space, comment or line break. */
function endOf(tokens: readonly (CST.Token | null | undefined)[], otherwise: number): number {
  let end = otherwise;
  for (const token of tokens) {
    for (const leaf of leavesOf(token)) {
      if (isSignificant(leaf)) end = Math.max(end, leaf.offset + leaf.source.length);
    }
  }
  return end;
}

function* leavesOf(token: CST.Token | null | undefined): Generator<Leaf> {
  if (token === null || token === undefined) return;
  if ("items" in token) {
    for (const item of token.items) {
      yield* item.start;
      yield* leavesOf(item.key);
      yield* item.sep ?? [];
      yield* leavesOf(item.value);
    }
    if (token.type === "flow-collection") yield* token.end;
  } else if (token.type === "block-scalar") {
    let { offset } = token;
    for (const part of token.props) {
      if (!("source" in part)) continue;
      yield part;
      offset += part.source.length;
    }
    // Blank lines below the text are part of the token, and stay where they are when the text goes.
    yield { type: token.type, offset, source: token.source.trimEnd() };
  } else if ("source" in token) {
    yield token;
  }
}
