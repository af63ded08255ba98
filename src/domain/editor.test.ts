import { expect, test } from "vitest";
import { editorOf } from "./editor.ts";

test("VISUAL goes first on a terminal, and does not count elsewhere", () => {
  const both = { VISUAL: "vim", EDITOR: "ed -s" };
  expect(editorOf(both, true)).toBe("vim");
  expect(editorOf(both, false)).toBe("ed -s");
  expect(editorOf({ VISUAL: "vim" }, false)).toBeUndefined();
  expect(editorOf({ VISUAL: " ", EDITOR: "ed" }, true)).toBe("ed");
  expect(editorOf({ EDITOR: "" }, true)).toBeUndefined();
});
