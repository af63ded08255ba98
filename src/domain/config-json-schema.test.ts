import fc from "fast-check";
import { expect, test } from "vitest";
import type { Field, JsonSchema } from "./config-field.ts";
import { configJsonSchema } from "./config-json-schema.ts";
import { AGENT_FIELDS, CONFIG_FIELDS } from "./config-schema.ts";

/** As much of JSON Schema as the table uses; a keyword that is not known here fails the test. */
function isValid(schema: JsonSchema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, rule]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`);
    return check(rule as never, value, schema);
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const TYPES: { readonly [type: string]: (value: unknown) => boolean } = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  array: Array.isArray,
  object: isObject,
};

const KEYWORDS: {
  readonly [keyword: string]: (rule: never, value: unknown, schema: JsonSchema) => boolean;
} = {
  type: (rule: string | readonly string[], value) =>
    [rule].flat().some((type) => TYPES[type]?.(value) === true),
  enum: (rule: readonly unknown[], value) => rule.includes(value),
  minimum: (rule: number, value) => typeof value !== "number" || value >= rule,
  exclusiveMinimum: (rule: number, value) => typeof value !== "number" || value > rule,
  maximum: (rule: number, value) => typeof value !== "number" || value <= rule,
  minLength: (rule: number, value) => typeof value !== "string" || value.length >= rule,
  minItems: (rule: number, value) => !Array.isArray(value) || value.length >= rule,
  // Patterns are meant as written: no flags.
  pattern: (rule: string, value) => typeof value !== "string" || new RegExp(rule).test(value),
  items: (rule: JsonSchema, value) => !Array.isArray(value) || value.every((item) => isValid(rule, item)),
  anyOf: (rule: readonly JsonSchema[], value) => rule.some((each) => isValid(each, value)),
  propertyNames: (rule: JsonSchema, value) =>
    !isObject(value) || Object.keys(value).every((name) => isValid(rule, name)),
  properties: (rule: Readonly<Record<string, JsonSchema>>, value) =>
    !isObject(value) ||
    Object.entries(value).every(([name, inner]) => {
      const property = Object.hasOwn(rule, name) ? rule[name] : undefined;
      return property === undefined || isValid(property, inner);
    }),
  patternProperties: (rule: Readonly<Record<string, JsonSchema>>, value) =>
    !isObject(value) ||
    Object.entries(rule).every(([pattern, each]) =>
      Object.entries(value).every(([name, inner]) => !new RegExp(pattern).test(name) || isValid(each, inner)),
    ),
  additionalProperties: (rule: false | JsonSchema, value, schema) => {
    const { properties = {}, patternProperties = {} } = schema as Readonly<Record<string, object>>;
    const isNamed = (name: string): boolean =>
      Object.hasOwn(properties, name) ||
      Object.keys(patternProperties).some((pattern) => new RegExp(pattern).test(name));
    if (!isObject(value)) return true;
    const others = Object.keys(value).filter((name) => !isNamed(name));
    return rule === false ? others.length === 0 : others.every((name) => isValid(rule, value[name]));
  },
  required: (rule: readonly string[], value) =>
    !isObject(value) || rule.every((name) => Object.hasOwn(value, name)),
  description: () => true,
  default: () => true,
  title: () => true,
  $schema: () => true,
};

const WORDS =
  "auto off attention skip code landed failed ../x a/b /tmp C:\\x ~ .. https://e.com ftp://e.com A_B 2 claude a/../../b a..b";
const words = fc.constantFrom(...WORDS.split(" "), "", " ", "x\n../y");
const anything = fc.oneof(
  words,
  fc.string(),
  fc.boolean(),
  fc.integer({ min: -2, max: 2000 }),
  fc.constantFrom(0, 0.5, 1e9, 86_400_000, 10_080, 10_081),
  fc.array(words, { maxLength: 3 }),
  fc.array(fc.integer(), { maxLength: 2 }),
  fc.dictionary(fc.constantFrom("A", "A-B", "events"), fc.oneof(words, fc.integer(), fc.array(words))),
);

test.each<[string, Field<unknown>]>([...Object.entries(CONFIG_FIELDS), ...Object.entries(AGENT_FIELDS)])(
  "the schema of %s allows what its reader allows",
  (path, field) => {
    fc.assert(
      fc.property(anything, (value) => {
        const isRead = field.read(value) !== undefined;
        // That the rest of an address can be parsed is beyond a pattern.
        if (path === "notify.webhook.url" && !isRead) return;
        expect([value, isValid(field.schema, value)]).toEqual([value, isRead]);
      }),
      { numRuns: 300 },
    );
  },
);

test("the whole schema takes a full config, and refuses unknown keys, wrong values and a webhook to nowhere", () => {
  const schema = configJsonSchema();
  const full = {
    defaults: { agent: "claude" },
    agents: { claude: { provider: "claude", env: { A: 1 } } },
    watch: { failure: { max_retries: 5 } },
    notify: { desktop: { events: ["landed"] }, webhook: { url: "https://e.com" } },
  };
  expect(isValid(schema, full)).toBe(true);
  expect(isValid(schema, { notify: { desktop: true } })).toBe(true);
  for (const wrong of [
    { defalts: {} },
    { watch: { failure: { max_retries: -1 } } },
    { watch: { "failure.jitter": 1 } },
    { agents: { "c d": {} } },
    { agents: { a: { modle: "x" } } },
    { notify: { webhook: { events: ["failed"] } } },
    { notify: { desktop: { event: [] } } },
  ]) {
    expect([wrong, isValid(schema, wrong)]).toEqual([wrong, false]);
  }
});
