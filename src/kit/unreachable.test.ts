import { expect, test } from "vitest";
import { unreachable } from "./unreachable.ts";

test("a value outside its type is shown in the error", () => {
  const smuggled = { kind: "new" } as never;
  expect(() => unreachable(smuggled)).toThrow('{"kind":"new"}');
});
