import { expect, test } from "vitest";
import { prepareArgv } from "./argv.ts";

const said = (line: string): string => prepareArgv(line.split(" ")).join(" ");

test("--parallel takes the next word only if it is all digits", () => {
  expect(said("work --parallel 4")).toBe("work --parallel=4");
  expect(said("work --parallel=4")).toBe("work --parallel=4");
  expect(said("work --parallel")).toBe("work --parallel=configured");
  expect(said("work --parallel 001-x7m")).toBe("work --parallel=configured 001-x7m");
  expect(said("work --parallel --max 3")).toBe("work --parallel=configured --max 3");
  expect(said("work 001 --parallel 2 002")).toBe("work 001 --parallel=2 002");
});

test("only work has --parallel, and only before --", () => {
  expect(said("add --parallel 4")).toBe("add --parallel 4");
  expect(said("work -- --parallel 4")).toBe("work -- --parallel 4");
});

test("help is a command as well", () => {
  expect(said("help work")).toBe("work --help");
  expect(said("help")).toBe("--help");
});

test("a flag with an empty value is not taken for a word", () => {
  expect(() => prepareArgv(["add", "--label=", "x"])).toThrow("--label= has no value");
  expect(prepareArgv(["add", "--", "--label="])).toEqual(["add", "--", "--label="]);
});
