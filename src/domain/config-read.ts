import { closest } from "../kit/text.ts";
import type { Field } from "./config-field.ts";

/** Tells of something that is wrong, at the place where the path leads to. */
export type Complain = (
  severity: "error" | "warning",
  path: readonly string[],
  message: string,
  hint?: string,
) => void;

/** Keys by path, such as `failure.jitter`; what stands before a dot is a map. */
export type Fields = { readonly [path: string]: Field<unknown> };

export const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the fields inside of a map, by their paths from there. */
export const fieldsUnder = (fields: Fields, key: string): Fields =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([path]) => path.startsWith(`${key}.`))
      .map(([path, field]) => [path.slice(key.length + 1), field]),
  );

/** Returns the keys that a map may hold. */
export const keysOf = (fields: Fields): readonly string[] => [
  ...new Set(Object.keys(fields).map((path) => path.split(".")[0] ?? "")),
];

/** Returns what to say about a key that is not known. */
export function suggestion(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  return near === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean "${near}"?`;
}

/** Reads the keys of one map by a table; what is wrong is complained about and left out. */
export function readKeys(
  fields: Fields,
  content: { readonly [key: string]: unknown },
  above: readonly string[],
  complain: Complain,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [key, given] of Object.entries(content)) {
    const path = [...above, key];
    const inner = fieldsUnder(fields, key);
    const hasInner = Object.keys(inner).length > 0;
    // A dot in the key itself leads nowhere.
    const field = Object.hasOwn(fields, key) && !key.includes(".") ? fields[key] : undefined;
    if (field === undefined && !hasInner) {
      complain("warning", path, `There is no key "${path.join(".")}".`, suggestion(key, keysOf(fields)));
    } else if (given === null) {
      continue;
    } else if (hasInner && isMap(given)) {
      // A switch that may also be a map is turned on by the map.
      if (field !== undefined) values.set(key, true);
      for (const [rest, value] of readKeys(inner, given, path, complain)) {
        values.set(`${key}.${rest}`, value);
      }
    } else if (field === undefined) {
      const hint = `Its keys are ${keysOf(inner).join(", ")}.`;
      complain("error", path, `"${path.join(".")}" must be a map of keys and values.`, hint);
    } else {
      const value = field.read(given);
      if (value !== undefined) {
        values.set(key, value);
        continue;
      }
      const found = `"${path.join(".")}" is ${JSON.stringify(given)}`;
      complain("error", path, `${found}; it must be ${field.allowed}.`);
    }
  }
  return values;
}
