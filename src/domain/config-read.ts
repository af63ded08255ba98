import { closest } from "../kit/text.ts";
import type { Field } from "./config-field.ts";
import { insteadOfConfigKey } from "./rust-chant.ts";

/**
 * Tells of something that is wrong, at the place where the path leads to. `carried_over` is a warning of what is the Rust
 * chant's, and has no effect here.
 */
export type Complain = (
  severity: "error" | "warning" | "carried_over",
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

/** Complains of a key that the table does not have. */
export function complainOfUnknown(
  path: readonly string[],
  known: readonly string[],
  complain: Complain,
): void {
  const key = path.join(".");
  const instead = insteadOfConfigKey(path);
  if (instead === undefined) {
    complain("warning", path, `There is no key "${key}".`, suggestion(path.at(-1) ?? "", known));
  } else {
    complain("carried_over", path, `"${key}" is a key of the Rust chant, and has no effect here.`, instead);
  }
}

/**
 * Reads the keys of one map by a table; what is wrong is complained about and left out.
 * @param isRead tells which keys besides those of the table are read elsewhere
 */
export function readKeys(
  fields: Fields,
  content: { readonly [key: string]: unknown },
  above: readonly string[],
  complain: Complain,
  isRead: (path: readonly string[]) => boolean = () => false,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [key, given] of Object.entries(content)) {
    const path = [...above, key];
    const inner = fieldsUnder(fields, key);
    const hasInner = Object.keys(inner).length > 0;
    // A dot in the key itself leads nowhere.
    const field = Object.hasOwn(fields, key) && !key.includes(".") ? fields[key] : undefined;
    if (field === undefined && !hasInner) {
      if (!isRead(path)) complainOfUnknown(path, keysOf(fields), complain);
    } else if (given === null) {
      continue;
    } else if (hasInner && isMap(given)) {
      // A switch that may also be a map is turned on by the map.
      if (field !== undefined) values.set(key, true);
      for (const [rest, value] of readKeys(inner, given, path, complain, isRead)) {
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
