import fc from "fast-check";
import { expect, test } from "vitest";
import { hasBlock, withBlock, withoutBlock } from "./marked-block.ts";

test("the block goes to the end, is renewed in its place, and leaves nothing behind", () => {
  const first = withBlock("# Mine\n", "Hello.\n");
  expect(first).toBe(
    "# Mine\n\n<!-- chant:begin (chant writes what is between these lines) -->\nHello.\n<!-- chant:end -->\n",
  );
  const edited = `${first ?? ""}\nMore of mine.\n`;
  expect(withBlock(edited, "Hello again.")).toBe(edited.replace("Hello.", "Hello again."));
  expect(withoutBlock(edited)).toBe("# Mine\n\nMore of mine.\n");
  expect([hasBlock(edited), hasBlock("# Mine\n")]).toEqual([true, false]);
});

test("marks that do not pair are left to a person", () => {
  for (const text of [
    "<!-- chant:begin -->\n",
    "<!-- chant:end -->\n<!-- chant:begin -->\n",
    "<!-- chant:begin -->\n<!-- chant:begin -->\n<!-- chant:end -->\n",
  ]) {
    expect([withBlock(text, "x"), withoutBlock(text)]).toEqual([undefined, undefined]);
  }
});

test("law: what is put in can be taken out again, byte for byte, and putting it in twice is putting it in once", () => {
  const text = fc
    .array(fc.constantFrom("# A", "words", "", " ", "<!-- chant -->", "x\r"), { maxLength: 6 })
    .chain((lines) => fc.constantFrom(lines.join("\n"), lines.join("\r\n"), `${lines.join("\n")}\n`));
  const content = fc.constantFrom("Hello.", "Two\nlines.\n", "");
  fc.assert(
    fc.property(text, content, content, (own, one, two) => {
      const put = withBlock(own, one) ?? "";
      expect(withoutBlock(put)).toBe(own);
      expect(withBlock(put, one)).toBe(put);
      expect(withBlock(put, two)).toBe(withBlock(own, two));
    }),
  );
});
