import fc from "fast-check";
import { expect, test } from "vitest";
import { type Lease, portsOf, portsToTry, portVariables } from "./ports.ts";

const lease = (port: number, holder: string): Lease => ({ port, holder, while: [] });

test("each port is tried once, whoever asks", () => {
  fc.assert(
    fc.property(fc.string(), (holder) => {
      const ports = [...portsToTry(holder)];
      expect(new Set(ports).size).toBe(10_000);
      expect(Math.min(...ports)).toBe(20_000);
      expect(Math.max(...ports)).toBe(29_999);
    }),
    { numRuns: 10 },
  );
});

test("a holder finds its own ports again, and no others", () => {
  const leases = [lease(1, "a"), lease(2, "b"), lease(3, "a"), lease(4, "a")];
  expect(portsOf(leases, "a", 2)).toEqual([1, 3]);
  expect(portsOf(leases, "c", 2)).toEqual([]);
  expect(portVariables([1, 3])).toEqual({ CHANT_PORT_1: "1", CHANT_PORT_2: "3" });
});
