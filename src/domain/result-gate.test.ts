import fc from "fast-check";
import { expect, test } from "vitest";
import { resultGate, type ResultDecision } from "./result-gate.ts";

const decision = (kind: ResultDecision["kind"], tip: string): ResultDecision => ({
  kind,
  by: "Ann",
  atMs: 1,
  tip,
  reason: "it is slow",
});

test("it is open only for the very commit that was approved", () => {
  const tips = fc.constantFrom("a", "b", "c");
  const decisions = fc.option(
    fc.tuple(fc.constantFrom("approved" as const, "rejected" as const), tips).map((it) => decision(...it)),
    { nil: undefined },
  );
  fc.assert(
    fc.property(tips, fc.option(tips, { nil: undefined }), decisions, (judgedTip, branchTip, given) => {
      const gate = resultGate({ judgedTip, branchTip, decision: given });
      const isRight = given?.kind === "approved" && given.tip === judgedTip && branchTip === judgedTip;
      expect(gate.kind === "open").toBe(isRight);
    }),
  );
});

test("each reason says what is missing", () => {
  const asked = { judgedTip: "a", branchTip: "a" };
  const reasonOf = (given: ResultDecision | undefined, branchTip = "a"): unknown => {
    const gate = resultGate({ ...asked, branchTip, decision: given });
    return gate.kind === "open" ? gate : gate.reason;
  };
  expect(reasonOf(undefined)).toBe("its result is not approved yet");
  expect(reasonOf(decision("approved", "b"))).toBe("its result was changed after it was approved by Ann");
  expect(reasonOf(decision("approved", "a"), "b")).toContain("its branch has moved");
  expect(resultGate({ ...asked, decision: decision("rejected", "a") })).toEqual({
    kind: "rejected",
    reason: "its result was rejected by Ann: it is slow",
  });
});
