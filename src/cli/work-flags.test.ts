import { expect, test } from "vitest";
import { slotsOf, workWords } from "./work-flags.ts";

test("one agent at a time, unless --parallel or --max says otherwise", () => {
  expect(slotsOf({})).toBe(1);
  expect(slotsOf({ chain: true })).toBe(1);
  expect(slotsOf({ parallel: "configured" })).toBeUndefined();
  expect(slotsOf({ parallel: 4 })).toBe(4);
  expect(slotsOf({ max: 3 })).toBe(3);
  expect(slotsOf({ parallel: "configured", max: 3 })).toBe(3);
  expect(slotsOf({ parallel: 4, max: 3 })).toBe(3);
  expect(() => slotsOf({ chain: true, parallel: 2 })).toThrow("--chain");
});

test("the command line of a detached work is the same, without --detach", () => {
  expect(workWords({ detach: true }, [])).toEqual(["--"]);
  expect(
    workWords(
      {
        parallel: "configured",
        max: 2,
        keepGoing: true,
        label: "ui",
        agent: "mine",
        prompt: "tdd",
        noWait: true,
        json: true,
        detach: true,
      },
      ["001", "-2"],
    ),
  ).toEqual([
    "--parallel",
    "--max=2",
    "--keep-going",
    "--label=ui",
    "--agent=mine",
    "--prompt=tdd",
    "--no-wait",
    "--json",
    "--",
    "001",
    "-2",
  ]);
  expect(workWords({ parallel: 4, chain: true }, [])).toEqual(["--parallel=4", "--chain", "--"]);
});
