import { decodeUtf8 } from "../kit/utf8.ts";
import type { SpecId } from "./id.ts";
import { type BrokenSpec, parseSpec, type Spec } from "./spec.ts";

/** The largest file that is read as a spec, in bytes. */
export const SPEC_LIMIT_BYTES = 1024 * 1024;

export const TOO_LARGE = `it is larger than ${SPEC_LIMIT_BYTES / 1024} KiB`;

/** Reads a spec from the bytes of its file: what is not UTF-8 would come out of an edit as another text, so it is broken. */
export function parseSpecBytes(id: SpecId, bytes: Uint8Array): Spec | BrokenSpec {
  if (bytes.length > SPEC_LIMIT_BYTES) {
    return { broken: true, id, line: 1, column: 1, message: TOO_LARGE, text: "" };
  }
  const text = decodeUtf8(bytes);
  if (text !== undefined) return parseSpec(id, text);
  return { broken: true, id, ...firstBadPlace(bytes), message: "it is not UTF-8 text", text: "" };
}

/** Lines are few: whole ones are tried until one is no text. */
function firstBadPlace(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  let line = 1;
  for (let at = 0; at < bytes.length; line += 1) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    if (decodeUtf8(bytes.subarray(at, end)) === undefined) {
      let good = end - 1;
      while (good > at && decodeUtf8(bytes.subarray(at, good)) === undefined) good -= 1;
      return { line, column: (decodeUtf8(bytes.subarray(at, good)) ?? "").length + 1 };
    }
    at = end + 1;
  }
  return { line: 1, column: 1 };
}
