/**
 * Writes docs/reference/commands.md from the commands' own definitions. test/reference.test.ts fails when it is not
 * current.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { commandReference } from "../src/cli/reference.ts";

await mkdir(new URL("../docs/reference/", import.meta.url), { recursive: true });
await writeFile(new URL("../docs/reference/commands.md", import.meta.url), commandReference());
