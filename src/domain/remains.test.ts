import fc from "fast-check";
import { expect, test } from "vitest";
import { type Remains, remedyFor } from "./remains.ts";

const LOST: Remains = {
  hasLaunch: false,
  hasWorktree: true,
  isTaken: false,
  spec: "in_progress",
  isAlive: false,
  isQuiet: false,
  word: undefined,
};

test.each<[Partial<Remains>, ReturnType<typeof remedyFor>]>([
  [{ hasLaunch: true }, "restore"],
  [{ hasLaunch: true, isAlive: true, hasWorktree: false }, "restore"],
  [{ hasWorktree: false }, "park"],
  [{ word: "done" }, "judge"],
  [{ word: "done", isAlive: true }, "wait"],
  [{ word: "failed" }, "fail"],
  [{ word: "working" }, "wait"],
  [{ word: "working", isQuiet: true }, "fail"],
  [{ word: "working", isQuiet: true, isAlive: true }, "wait"],
  [{ isQuiet: true }, "fail"],
  [{ isQuiet: true, isTaken: true }, "leave"],
  [{ spec: "unknown", isQuiet: true }, "clean"],
  [{ spec: "unknown", isQuiet: true, hasLaunch: true }, "clean"],
  [{ spec: "unknown" }, "leave"],
])("of %o", (facts, remedy) => {
  expect(remedyFor({ ...LOST, ...facts })).toBe(remedy);
});

const anyRemains: fc.Arbitrary<Remains> = fc.record({
  hasLaunch: fc.boolean(),
  hasWorktree: fc.boolean(),
  isTaken: fc.boolean(),
  spec: fc.constantFrom("in_progress" as const, "known" as const, "unknown" as const),
  isAlive: fc.boolean(),
  isQuiet: fc.boolean(),
  word: fc.constantFrom("working" as const, "done" as const, "failed" as const, undefined),
});

test("what is removed is nobody's: no spec, no process, no person, and nothing happened there for long", () => {
  fc.assert(
    fc.property(anyRemains, (remains) => {
      const remedy = remedyFor(remains);
      if (remedy === "clean") {
        expect(remains).toMatchObject({
          spec: "unknown",
          isAlive: false,
          isQuiet: true,
          isTaken: false,
          hasWorktree: true,
        });
      } else if (remedy !== "leave") {
        // Whatever is done about a spec is done about one that is in progress.
        expect(remains.spec).toBe("in_progress");
      }
    }),
  );
});

test("a run in progress never stays without a remedy once all is quiet", () => {
  fc.assert(
    fc.property(anyRemains, (remains) => {
      const quiet = {
        ...remains,
        spec: "in_progress",
        isAlive: false,
        isQuiet: true,
        isTaken: false,
      } as const;
      expect(["restore", "judge", "fail", "park"]).toContain(remedyFor(quiet));
    }),
  );
});
