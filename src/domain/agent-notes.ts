/** What an agent that works in this repository should know of chant, whoever started it. */
export const AGENT_NOTES = `## chant

Specs in \`.chant/specs/\` say what is to be done here; chant gives each to an agent in a git worktree of its own, and lands
what it finishes.

When \`CHANT_SPEC_ID\` is set, you are that agent, and your prompt and the spec say what to do:

- Work only in the current folder, on the branch that is checked out. Do not merge, push, stash or switch branches.
- Tick a criterion when it holds, and only then: \`chant tick N\`. Leave the rest of \`.chant/\` as it is.
- Commit with messages that begin with \`chant(ID):\`, ID being the value of \`CHANT_SPEC_ID\`.
- When you are done, end. If you cannot end by yourself, write \`{"spec_id": "ID", "status": "done"}\`, or \`"failed"\` with an
  \`"error"\`, to \`.chant-status.json\` at the top of the folder. It is kept out of commits.

When it is not set, a person talks to you. Specs, and what is worked on when, are theirs: \`chant list\` and
\`chant show ID\` tell how things stand.
`;
