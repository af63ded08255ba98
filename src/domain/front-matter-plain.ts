import { resolvePlain } from "./yaml-plain.ts";

const ENTRY = /^([A-Za-z_][A-Za-z0-9_-]{0,63}):(?: +([ -~]*))?$/;
const ITEM = /^( {0,16})- +([ -~]+)$/;
const EMPTY = /^ *(?:#[ -~]*)?$/;
const PLAIN = /^[A-Za-z0-9./_][ -~]*$/;
const NOT_PLAIN = /: | #|:$/;
const QUOTED = /^(?:"([ !#-[\]-~]*)"|'([ -&(-~]*)')$/;
const FLOW_LIST = /^\[ *(?:[A-Za-z0-9_][A-Za-z0-9_./-]*(?: *, *[A-Za-z0-9_][A-Za-z0-9_./-]*)*)? *\]$/;

/**
 * Reads front matter of the plain common shape (ASCII, a scalar or a list of scalars a key, no trick of YAML), many
 * times faster than the library does. Returns undefined for everything else, faults included: the library judges that.
 */
export function readPlainFront(front: string): Map<string, unknown> | undefined {
  const data = new Map<string, unknown>();
  let openKey: string | undefined;
  let list: unknown[] | undefined;
  let listIndent = 0;
  for (const rawLine of front.split("\n")) {
    const line = rawLine.endsWith("\r") ? rawLine.slice(0, -1) : rawLine;
    const entry = ENTRY.exec(line);
    if (entry !== null) {
      const key = entry[1] ?? "";
      if (data.has(key)) return undefined;
      const source = (entry[2] ?? "").trimEnd();
      const value = source === "" ? null : readValue(source);
      if (value === undefined) return undefined;
      data.set(key, value);
      openKey = source === "" ? key : undefined;
      list = undefined;
      continue;
    }
    if (EMPTY.test(line)) continue;
    const item = ITEM.exec(line);
    if (item === null || openKey === undefined) return undefined;
    const indent = item[1]?.length ?? 0;
    if (list === undefined) {
      list = [];
      listIndent = indent;
      data.set(openKey, list);
    }
    const value = readScalar((item[2] ?? "").trimEnd());
    if (value === undefined || indent !== listIndent) return undefined;
    list.push(value);
  }
  return data;
}

function readValue(source: string): unknown {
  if (!FLOW_LIST.test(source)) return readScalar(source);
  const inner = source.slice(1, -1).trim();
  return inner === "" ? [] : inner.split(",").map((item) => resolvePlain(item.trim()));
}

function readScalar(source: string): unknown {
  if (PLAIN.test(source)) return NOT_PLAIN.test(source) ? undefined : resolvePlain(source);
  const quoted = QUOTED.exec(source);
  return quoted === null ? undefined : (quoted[1] ?? quoted[2]);
}
