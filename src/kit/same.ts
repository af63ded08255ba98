const isObject = (x: unknown): x is { readonly [key: string]: unknown } =>
  typeof x === "object" && x !== null;

/** Tells whether two values of plain data (scalars, arrays, objects) are equal; the order of an object's keys does not count. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}
