import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");

test("each mutant has a name of its own, and there are forty at least", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(40);
});

test.for(MUTANTS)("$name: what it changes stands there once, and its tests are there", (mutant) => {
  const text = readFileSync(resolve(ROOT, mutant.file), "utf8");
  expect(text.split(mutant.from).length - 1).toBe(1);
  expect(text.replace(mutant.from, () => mutant.to)).not.toBe(text);
  expect(existsSync(resolve(ROOT, mutant.judge.file))).toBe(true);
});
