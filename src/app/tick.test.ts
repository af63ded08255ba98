import { expect, test } from "vitest";
import { readTickWords } from "./tick.ts";

test("inside a worktree digits are criteria, elsewhere the first word is the spec", () => {
  expect(readTickWords(["1", "3"], false, true)).toEqual({ numbers: [1, 3] });
  expect(readTickWords(["1,3"], false, true)).toEqual({ numbers: [1, 3] });
  expect(readTickWords(["x7m", "2"], false, true)).toEqual({ partial: "x7m", numbers: [2] });
  expect(readTickWords([], true, true)).toEqual({ numbers: "all" });
  expect(readTickWords(["001", "2"], false, false)).toEqual({ partial: "001", numbers: [2] });
  expect(readTickWords(["001"], false, false)).toEqual({ partial: "001", numbers: [] });
  expect(readTickWords(["001"], true, false)).toEqual({ partial: "001", numbers: "all" });
});

test("what cannot be meant is refused", () => {
  expect(() => readTickWords([], false, false)).toThrow("Which spec?");
  expect(() => readTickWords(["001", "first"], false, false)).toThrow('"first"');
  expect(() => readTickWords(["1"], true, true)).toThrow("either");
});
