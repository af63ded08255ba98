import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandReference } from "../src/cli/reference.ts";
import { exportSchema } from "../src/domain/export.ts";

test("docs/reference/commands.md is what the commands say of themselves", () => {
  const written = readFileSync(new URL("../docs/reference/commands.md", import.meta.url), "utf8");
  expect(written, "run: npm run reference").toBe(commandReference());
});

test("docs/reference/export.schema.json is the shape that export has", () => {
  const written: unknown = JSON.parse(
    readFileSync(new URL("../docs/reference/export.schema.json", import.meta.url), "utf8"),
  );
  expect(written, "run: npm run reference").toEqual(exportSchema());
});
