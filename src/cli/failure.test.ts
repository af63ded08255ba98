import { expect, test } from "vitest";
import { ChantError } from "../kit/errors.ts";
import { failureOf, failureText } from "./failure.ts";

test("a refusal is told in its own words, with its hint and status", () => {
  const failure = failureOf(new ChantError("SPEC_BUSY", "001 is busy.\u001b[2J", { hint: "Wait." }));
  expect(failure.exitStatus).toBe(75);
  expect(failureText(failure, undefined, false)).toBe("001 is busy.\\x1b[2J\nhint: Wait.\n");
});

const hintOf = (path?: string): string | undefined =>
  failureOf(Object.assign(new Error("EPERM"), { code: "EPERM", ...(path && { path }) })).hint;

test("trouble with the system is no fault of chant's", () => {
  const denied = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES", path: "/x" });
  expect(failureOf(denied)).toEqual({
    message: "Permission was denied: /x (EACCES).",
    hint: "See who owns it, and who may read and write there: ls -la /",
    exitStatus: 1,
  });
  expect(hintOf("/a b/it's/c.md")).toContain("ls -la '/a b/it'\\''s'");
  expect(hintOf("/a/b/.tmp-1")).toMatch(/ls -la \/a\/b$/);
  expect(hintOf()).toMatch(/ls -la \.$/);
});

test("anything else is a bug, and says where its details are", () => {
  const failure = failureOf(new TypeError("x is undefined"));
  expect(failure).toMatchObject({ message: "internal error", exitStatus: 70 });
  expect(failure.details).toContain("x is undefined");
  expect(failureText(failure, "/p/.chant/logs/error.log", false)).toBe(
    "internal error\nhint: The details are in /p/.chant/logs/error.log\n",
  );
  expect(failureText(failure, undefined, false)).toContain("CHANT_DEBUG=1");
});
