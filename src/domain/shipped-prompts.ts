/** What every prompt ends with: the rules of a worktree, and how chant learns that the work is done. */
export const HOW_TO_FINISH = `## How to finish

1. Do what the spec asks for, and nothing else.
2. Tick each acceptance criterion when it holds, and only then: \`chant tick N\` (several numbers, or \`--all\`). Leave
   its words as they are.
3. Commit your work with messages that begin with \`chant({{id}}):\`. Do not merge, push, stash or switch branches.
4. When a criterion cannot be met, leave it open and say why as the last thing you print.
5. Then end. If you cannot end by yourself, say that you are done in \`.chant-status.json\` at the top of this folder:
   \`{"spec_id": "{{id}}", "status": "done"}\`, or \`"failed"\` with the reason as \`"error"\`. chant keeps it out of commits.
`;

// The heading of a spec stands in its body: said before it as well, the agent would read it twice.
const STANDARD = `---
purpose: What an agent is told besides the spec
---
You work on the spec {{id}} in a git worktree of its own, on the branch {{branch}}. Change files only in this folder.

{{body}}

${HOW_TO_FINISH}`;

const TDD = `---
purpose: The same, tests first
extends: standard
---
{{> parent}}

## Tests first

1. For each acceptance criterion write a test that fails because the criterion does not hold yet. Run it, see it fail for
   that reason, and commit it alone.
2. Write the least that makes it pass, and run all tests. Do not change the test to fit.
3. Clean up with the tests green, then go on with the next criterion. Tick one only when its test passes.
`;

const MINIMAL = `---
purpose: The spec and the rules, in as few words as possible
---
{{body}}

Spec {{id}}, branch {{branch}}. Work only in this folder. Tick what holds with \`chant tick N\`; change no criterion. Commit
your work with messages that begin with \`chant({{id}}):\`. Do not merge, push, stash or switch branches. What cannot be done
stays open: say why. Then end; if you cannot, write \`{"spec_id": "{{id}}", "status": "done"}\` to \`.chant-status.json\`.
`;

const REVIEW = `---
purpose: A look at what is there, instead of new code
extends: standard
---
{{> parent}}

## This is a review

1. Read what the spec names, and what it touches, before you judge. Run the tests; try what you doubt.
2. Report what is wrong or missing, worst first, each with file and line, what happens, and how to see it. What you have
   not seen happen is a question, not a finding. Nothing found is a result, too.
3. Write the report where the spec says; if it does not say, into a file in \`reviews/\` that is named after what you
   reviewed. Mend nothing unless the spec asks for it.
`;

/** The prompts that there are without a file, by name. `chant init` writes them to .chant/prompts, where they are the user's. */
export const SHIPPED_PROMPTS: ReadonlyMap<string, string> = new Map([
  ["standard", STANDARD],
  ["tdd", TDD],
  ["minimal", MINIMAL],
  ["review", REVIEW],
]);
