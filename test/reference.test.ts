import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandReference } from "../src/cli/reference.ts";
import { configJsonSchema } from "../src/domain/config-json-schema.ts";
import { configReference } from "../src/domain/config-reference.ts";
import { exportSchema } from "../src/domain/export.ts";
import { LINT_RULES } from "../src/domain/lint/finding.ts";

const readReference = (name: string): string =>
  readFileSync(new URL(`../docs/reference/${name}`, import.meta.url), "utf8");

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

test("docs/guide/lint.md tells of every rule, and of its severity", () => {
  const guide = readFileSync(new URL("../docs/guide/lint.md", import.meta.url), "utf8");
  const told = [...guide.matchAll(/^\| `([a-z-]+)` \| (error|warning) \|/gm)].map(([, rule, severity]) => [
    rule,
    severity,
  ]);
  expect(Object.fromEntries(told)).toEqual(LINT_RULES);
});

test("docs/reference/config.md and config.schema.json are what the table of keys says", () => {
  expect(readReference("config.md"), "run: npm run reference").toBe(configReference());
  const schema = JSON.parse(readReference("config.schema.json")) as unknown;
  expect(schema, "run: npm run reference").toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});
