/**
 * Writes docs/reference/ from the program's own definitions: the commands, the configuration's keys, and
 * the shape of an export.
 * test/reference.test.ts fails when it is not current.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { commandReference } from "../src/cli/reference.ts";
import { configJsonSchema } from "../src/domain/config-json-schema.ts";
import { configReference } from "../src/domain/config-reference.ts";
import { exportSchema } from "../src/domain/export.ts";

await mkdir(new URL("../docs/reference/", import.meta.url), { recursive: true });
await writeFile(new URL("../docs/reference/commands.md", import.meta.url), commandReference());
await writeFile(
  new URL("../docs/reference/export.schema.json", import.meta.url),
  `${JSON.stringify(exportSchema(), undefined, 2)}\n`,
);
await writeFile(new URL("../docs/reference/config.md", import.meta.url), configReference());
await writeFile(
  new URL("../docs/reference/config.schema.json", import.meta.url),
  `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
);
