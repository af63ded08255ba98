import { expect, test } from "vitest";
import { heldBackText, type HoldContext } from "./held-back.ts";
import type { Status } from "./status.ts";

const contextOf = (
  needs: { readonly [id: string]: readonly string[] },
  statuses: { readonly [id: string]: Status } = {},
): HoldContext => ({
  unmetOf: (id) => (needs[id] ?? []).map((each) => ({ id: each, why: "is not completed yet" })),
  statusOf: (id) => statuses[id] ?? (id in needs ? "pending" : undefined),
});

test("names what a spec waits for, and what stopped behind it", () => {
  const needs = { a: ["b", "c"], b: [], c: ["d"], d: ["e"], e: [] };
  expect(heldBackText("b", contextOf(needs))).toBeUndefined();
  expect(heldBackText("c", contextOf(needs))).toBe("it waits for d, which is not completed yet");
  expect(heldBackText("a", contextOf(needs))).toBe(
    "it waits for b, which is not completed yet, and 1 more spec",
  );
  expect(heldBackText("d", contextOf(needs, { e: "failed" }))).toBe("it waits for e, which has failed");
  expect(heldBackText("a", contextOf(needs, { e: "needs_attention" }))).toBe(
    "it waits for c, which is held back by e, which needs attention",
  );
  expect(heldBackText("x", contextOf({ x: ["gone"] }))).toBe("it waits for gone, which does not exist");
});

test("a circle is no trouble", () => {
  expect(heldBackText("a", contextOf({ a: ["b"], b: ["a"] }))).toBe(
    "it waits for b, which is not completed yet",
  );
});
