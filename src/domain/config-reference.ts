import type { Field } from "./config-field.ts";
import { AGENT_FIELDS, CONFIG_FIELDS, isPersonal } from "./config-schema.ts";

/** Returns docs/reference/config.md: every key with its default, what is allowed, and what it is for. */
export function configReference(): string {
  return `# Configuration keys

<!-- Written by scripts/reference.mjs from src/domain/config-schema.ts: change that, then run it again. -->

Where the files are, and which of two holds: [Configuration](../guide/configuration.md). The same for editors:
[config.schema.json](config.schema.json), or \`chant config schema\`. A key marked with * is yours: what your own file says
holds against the repository's.

${table(Object.entries(CONFIG_FIELDS))}

## Agents

Each under \`agents.NAME\`, such as \`agents.claude.provider\`. A later file replaces an agent as a whole.

${table(Object.entries(AGENT_FIELDS))}
`;
}

const table = (fields: readonly (readonly [string, Field<unknown>])[]): string =>
  [
    "| key | default | allowed | meaning |",
    "|---|---|---|---|",
    ...fields.map(([path, { default: preset, allowed, brief }]) => {
      const cells = [`\`${path}\`${isPersonal(path) ? " *" : ""}`, presetText(preset), allowed, brief];
      return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    }),
  ].join("\n");

const presetText = (preset: unknown): string =>
  preset === undefined || (Array.isArray(preset) && preset.length === 0)
    ? "none"
    : `\`${typeof preset === "string" ? preset : JSON.stringify(preset)}\``;
