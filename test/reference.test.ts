import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandReference } from "../src/cli/reference.ts";

test("docs/reference/commands.md is what the commands say of themselves", () => {
  const written = readFileSync(new URL("../docs/reference/commands.md", import.meta.url), "utf8");
  expect(written, "run: npm run reference").toBe(commandReference());
});
