import { expect, test } from "vitest";
import { ChantError, ERROR_CODES, exitStatusOf, isChantError } from "./errors.ts";

test("a refusal carries its name, its hint and the exit status of its name", () => {
  const busy = new ChantError("SPEC_BUSY", "001 is being worked on.", { hint: "Try again later." });
  expect(busy).toMatchObject({
    code: "SPEC_BUSY",
    hint: "Try again later.",
    exitStatus: 75,
    name: "ChantError",
  });
  expect(new ChantError("USAGE", "No such flag.").exitStatus).toBe(2);
  expect(new ChantError("INTERRUPTED", "Terminated.", { exitStatus: 143 }).exitStatus).toBe(143);
});

test("a cause is kept, and absent when there was none", () => {
  const cause = new Error("disk");
  expect(new ChantError("DISK_FULL", "No room.", { cause }).cause).toBe(cause);
  expect("cause" in new ChantError("DISK_FULL", "No room.")).toBe(false);
});

test("every name has one of the known exit statuses", () => {
  for (const code of ERROR_CODES) expect([1, 2, 75, 130]).toContain(exitStatusOf(code));
});

test("isChantError tells names apart and refuses other things", () => {
  const thrown: unknown = new ChantError("GIT_FAILED", "git failed.");
  expect(isChantError(thrown)).toBe(true);
  expect(isChantError(thrown, "GIT_FAILED")).toBe(true);
  expect(isChantError(thrown, "USAGE")).toBe(false);
  expect(isChantError(new Error("bug"))).toBe(false);
});
