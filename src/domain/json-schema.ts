import { plural } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";

/** The part of JSON Schema that chant asks agents by. Keys that an object has besides are allowed, and ignored. */
export type JsonSchema =
  | { readonly type: "boolean"; readonly description?: string }
  | { readonly type: "integer"; readonly minimum?: number; readonly description?: string }
  | {
      readonly type: "string";
      /** Of the text without spaces around it. */
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly description?: string;
    }
  | {
      readonly type: "array";
      readonly items: JsonSchema;
      readonly minItems?: number;
      readonly maxItems?: number;
      readonly description?: string;
    }
  | {
      readonly type: "object";
      readonly properties: { readonly [key: string]: JsonSchema };
      readonly required: readonly string[];
      readonly description?: string;
    };

/** Returns what is wrong with a value, each with its place, such as `members[0].title: it is missing`; empty when nothing is. */
export function schemaProblems(value: unknown, schema: JsonSchema, path = ""): readonly string[] {
  const wrong = (words: string): readonly string[] => [`${path === "" ? "the answer" : path}: ${words}`];
  switch (schema.type) {
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("it must be true or false");
    case "integer":
      if (typeof value !== "number" || !Number.isSafeInteger(value)) {
        return wrong("it must be a whole number");
      }
      return value < (schema.minimum ?? -Infinity) ? wrong(`it must be ${schema.minimum} or more`) : [];
    case "string":
      if (typeof value !== "string") return wrong("it must be a text");
      if (value.trim().length < (schema.minLength ?? 0)) return wrong("it is empty");
      return value.length > (schema.maxLength ?? Infinity)
        ? wrong(`it has more than ${schema.maxLength} characters`)
        : [];
    case "array":
      if (!Array.isArray(value)) return wrong("it must be a list");
      if (value.length < (schema.minItems ?? 0)) {
        return wrong(`it needs ${plural(schema.minItems ?? 0, "item")} or more`);
      }
      if (value.length > (schema.maxItems ?? Infinity)) {
        return wrong(`it has more than ${schema.maxItems} items`);
      }
      return value.flatMap((item, at) => schemaProblems(item, schema.items, `${path}[${at}]`));
    case "object":
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return wrong("it must be an object");
      }
      return Object.entries(schema.properties).flatMap(([key, property]) => {
        const place = path === "" ? key : `${path}.${key}`;
        const found = Object.hasOwn(value, key) ? (value as { [key: string]: unknown })[key] : undefined;
        if (found !== undefined && found !== null) return schemaProblems(found, property, place);
        return schema.required.includes(key) ? [`${place}: it is missing`] : [];
      });
    default:
      return unreachable(schema);
  }
}
