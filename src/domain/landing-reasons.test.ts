import { expect, test } from "vitest";
import { addedReason, conflictReason } from "./landing-reasons.ts";

test("what does not go together with the target is named, and how it comes into the worktree", () => {
  expect(conflictReason("refs/heads/main", ["a.txt", "b.txt"])).toBe(
    "its work conflicts with main in a.txt, b.txt (to solve that in its worktree: git merge main)",
  );
  const many = Array.from({ length: 10 }, (_, at) => `${at}.txt`);
  expect(conflictReason("refs/heads/a/b", many)).toMatch(
    / in 0\.txt, .*, 7\.txt and 2 more \(to solve that in its worktree: git merge a\/b\)$/,
  );
  expect(addedReason('It "works"', "refs/heads/main")).toBe(
    'a criterion was added meanwhile and is not ticked: "It \\"works\\"" (to have it in its worktree: git merge main)',
  );
  // In a silent project no commit has the spec.
  expect(addedReason("It works")).toBe('a criterion was added meanwhile and is not ticked: "It works"');
});
