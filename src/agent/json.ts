/** An object as it came from outside: nothing is known of its values. */
export type JsonObject = { readonly [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the object that a line holds, or undefined when it holds none, however it is broken. */
export function parseObject(line: string): JsonObject | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const objectAt = (value: JsonObject, key: string): JsonObject | undefined => {
  const found = value[key];
  return isObject(found) ? found : undefined;
};

/** Returns the objects of a list; anything else in it, or instead of it, is left out. */
export const objectsAt = (value: JsonObject, key: string): readonly JsonObject[] => {
  const found = value[key];
  return Array.isArray(found) ? found.filter(isObject) : [];
};

/** Returns a text that is not empty. */
export const textAt = (value: JsonObject, key: string): string | undefined => {
  const found = value[key];
  return typeof found === "string" && found !== "" ? found : undefined;
};

/** Returns a number from 0 that can be counted with. */
export const numberAt = (value: JsonObject, key: string): number | undefined => {
  const found = value[key];
  return typeof found === "number" && found >= 0 && found <= Number.MAX_SAFE_INTEGER ? found : undefined;
};

/** Returns an object with a key, or without when there is no value. */
export const given = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
