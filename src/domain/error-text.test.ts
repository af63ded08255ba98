import fc from "fast-check";
import { expect, test } from "vitest";
import { errorText } from "./error-text.ts";

test("what the agent said goes first, then the last lines", () => {
  const agent = { kind: "reported", ok: false, error: "rate_limit_error (429)" } as const;
  expect(errorText(agent, ["one", "two"])).toBe("rate_limit_error (429)\none\ntwo");
  expect(errorText({ kind: "exited", code: 1 }, ["connect: connection refused"])).toBe(
    "connect: connection refused",
  );
});

test("however much there is, it stays small, and keeps the beginning of the error and the end of the lines", () => {
  fc.assert(
    fc.property(fc.nat(40_000), fc.array(fc.nat(9_000), { maxLength: 9 }), (length, lengths) => {
      const agent = { kind: "not_started", error: `why${"x".repeat(length)}` } as const;
      const text = errorText(agent, [...lengths.map((each) => "y".repeat(each)), "last"]);
      expect(text.length).toBeLessThanOrEqual(16 * 1024);
      expect(text.startsWith("why")).toBe(true);
      expect(text.endsWith("last")).toBe(true);
    }),
  );
});
