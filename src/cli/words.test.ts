import { expect, test } from "vitest";
import { splitWords } from "./words.ts";

test("words are parted as a shell parts them", () => {
  expect(splitWords(`./agent.sh  --name "a b" c\\ d 'e "f"' g"h"i`)).toEqual([
    "./agent.sh",
    "--name",
    "a b",
    "c d",
    'e "f"',
    "ghi",
  ]);
  expect(splitWords(`"say \\"hi\\"" ''`)).toEqual(['say "hi"', ""]);
  expect(splitWords("  ")).toEqual([]);
});

test("an open quote is told", () => {
  expect(() => splitWords(`agent "half`)).toThrow('"half');
});
