import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8 } from "./utf8.ts";

test("only what can be written back byte for byte is a text", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = decodeUtf8(bytes);
      const again = new TextEncoder().encode(text ?? "");
      if (text !== undefined) expect(again).toEqual(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text.toWellFormed());
    }),
  );
  expect(decodeUtf8(Uint8Array.of(0x63, 0x61, 0x66, 0xe9))).toBeUndefined();
});
