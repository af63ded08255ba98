/**
 * Ends a `switch` over a tagged union: the compiler refuses the call while a case is missing.
 * @throws Error when a value outside its type arrives at run time; that is a bug.
 */
export function unreachable(x: never): never {
  throw new Error(`This value should be impossible: ${JSON.stringify(x)}`);
}
