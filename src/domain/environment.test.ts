import { expect, test } from "vitest";
import { PASSED_NAME, passedEnvironment } from "./environment.ts";

const ENV = { PATH: "/bin", LC_ALL: "C", ANTHROPIC_API_KEY: "a", AWS_SECRET: "b", CHANT_X: "c", PATHS: "d" };

test("all is all, and a list is the usual ones and those named", () => {
  expect(passedEnvironment(ENV, "all")).toEqual(ENV);
  expect(passedEnvironment(ENV, [])).toEqual({ PATH: "/bin", LC_ALL: "C", CHANT_X: "c" });
  expect(Object.keys(passedEnvironment(ENV, ["ANTHROPIC_*", "PATHS"]))).toEqual([
    "PATH",
    "LC_ALL",
    "ANTHROPIC_API_KEY",
    "CHANT_X",
    "PATHS",
  ]);
});

test("names, with a star at the end alone", () => {
  for (const name of ["A", "_a1", "A_*", "*"]) expect(name).toMatch(PASSED_NAME);
  for (const name of ["", "1A", "*A", "A*B", "A=B", "A B"]) expect(name).not.toMatch(PASSED_NAME);
});
