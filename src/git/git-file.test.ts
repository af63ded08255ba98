import { expect, test } from "vitest";
import { gitFileTarget } from "./git-file.ts";

test("all but the ends of the last line", () => {
  expect(gitFileTarget("gitdir: /a/b\n")).toBe("/a/b");
  expect(gitFileTarget("gitdir: ../a b\r\n")).toBe("../a b");
  expect(gitFileTarget("gitdir: /a\nb/c\n")).toBe("/a\nb/c");
  for (const other of [undefined, "", "gitdir: ", "gitdir: \n", "x\ngitdir: /a\n"]) {
    expect(gitFileTarget(other)).toBe(undefined);
  }
});
