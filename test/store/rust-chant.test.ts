import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { editFrontMatter } from "../../src/domain/front-matter.ts";
import { isBroken, parseSpec } from "../../src/domain/spec.ts";

const FOLDER = join(import.meta.dirname, "..", "fixtures", "rust-chant", ".chant", "specs");
const BROKEN = "2026-01-22-00e-un1";

const texts = new Map(
  readdirSync(FOLDER).map((name) => [name.slice(0, -3), readFileSync(join(FOLDER, name), "utf8")]),
);

test("every spec that the Rust chant wrote can be read, but for the one whose status nobody knows", () => {
  const broken = [...texts].filter(([id, text]) => isBroken(parseSpec(id, text)));
  expect(broken.map(([id]) => id)).toEqual([BROKEN]);
});

test.each([...texts].filter(([id]) => id !== BROKEN))(
  "an edit of the status of %s leaves all else byte for byte",
  (_, text) => {
    expect(editFrontMatter(text, { status: "cancelled" })).toBe(
      text.replace(/^status: .*$/m, "status: cancelled"),
    );
    const windows = text.replaceAll("\n", "\r\n");
    expect(editFrontMatter(windows, { status: "cancelled" })).toBe(
      windows.replace(/^status: .*?(?=\r$)/m, "status: cancelled"),
    );
  },
);
