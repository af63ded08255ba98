import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "..", "src");

test("every kind of event is emitted somewhere", async () => {
  const files = (await readdir(SRC, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(SRC, name), "utf8")));
  const sources = texts.join("\n");
  const types = await Promise.all(
    ["event.ts", "watch-event.ts"].map((name) => readFile(join(SRC, "domain", name), "utf8")),
  );
  const kinds = types.flatMap((text) =>
    [...text.matchAll(/readonly kind: "(\w+)"/g)].map((found) => found[1] ?? ""),
  );
  expect(kinds.length).toBeGreaterThan(20);
  const emitted = new Set(
    [...sources.matchAll(/\b(?:emit|onEvent|tellAll|logLine)\(\{[^}]*?\bkind: "(\w+)"/g)].map(
      (found) => found[1],
    ),
  );
  expect(kinds.filter((kind) => !emitted.has(kind))).toEqual([]);
});
