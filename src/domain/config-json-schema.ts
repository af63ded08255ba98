import type { Field, JsonSchema } from "./config-field.ts";
import { type Fields, fieldsUnder, keysOf } from "./config-read.ts";
import { RUST_AGENT_KEYS } from "./rust-agents.ts";
import { AGENT_FIELDS, AGENT_NAME, CONFIG_FIELDS, REQUIRED_KEYS } from "./config-schema.ts";

/** Returns the JSON Schema (draft 2020-12) of the front matter of a config file, for editors. */
export function configJsonSchema(): JsonSchema {
  const agents = {
    type: "object",
    description: "The agents by name.",
    patternProperties: { [AGENT_NAME.source]: schemaOf(AGENT_FIELDS, []) },
    additionalProperties: false,
  };
  const { properties, ...top } = schemaOf(CONFIG_FIELDS, []);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of chant",
    ...top,
    properties: { ...(properties as JsonSchema), agents },
  };
}

function schemaOf(fields: Fields, above: readonly string[]): JsonSchema {
  const properties = keysOf(fields).map((key): [string, JsonSchema] => {
    const path = [...above, key];
    const inner = fieldsUnder(fields, key);
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (Object.keys(inner).length === 0) {
      return [key, field === undefined ? {} : described(field, field.schema)];
    }
    const map = schemaOf(inner, path);
    return [key, field === undefined ? map : described(field, { anyOf: [field.schema, map] })];
  });
  const required = REQUIRED_KEYS[above.join(".")]?.key;
  return {
    type: "object",
    properties: Object.fromEntries([...properties, ...rustAgentKeys(above)]),
    additionalProperties: false,
    ...(required === undefined ? {} : { required: [required] }),
  };
}

/** What the Rust chant says of agents in a map, which is read as well. */
const rustAgentKeys = (above: readonly string[]): readonly (readonly [string, JsonSchema])[] =>
  Object.entries(RUST_AGENT_KEYS).flatMap(([path, schema]) => {
    const [section, key = ""] = path.split(".");
    return above.length === 1 && above[0] === section ? [[key, schema] as const] : [];
  });

const described = ({ brief, allowed, default: preset }: Field<unknown>, schema: JsonSchema): JsonSchema => ({
  description: `${brief} It must be ${allowed}.`,
  ...schema,
  ...(preset === undefined ? {} : { default: preset }),
});
