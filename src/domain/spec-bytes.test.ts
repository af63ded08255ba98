import { expect, test } from "vitest";
import { parseSpecBytes } from "./spec-bytes.ts";

test("a file that is not UTF-8 is a broken spec, with its place", () => {
  const bytes = Buffer.from("---\ntype: code\n---\n\n# Caf\u00e9\n", "latin1");
  expect(parseSpecBytes("2026-01-01-001-abc", bytes)).toEqual({
    broken: true,
    id: "2026-01-01-001-abc",
    line: 5,
    column: 6,
    message: "it is not UTF-8 text",
    text: "",
  });
  const good = parseSpecBytes("2026-01-01-001-abc", Buffer.from("---\ntype: code\n---\n\n# Caf\u00e9\n"));
  expect(good).toMatchObject({ title: "Caf\u00e9" });
});
