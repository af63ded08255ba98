import { PROPOSAL_SCHEMA } from "./proposal.ts";

/** What is to be split: a spec, or a member that was proposed for one. */
export interface ToSplit {
  readonly title: string;
  readonly body: string;
  /** The drivers above it, the topmost first. */
  readonly above: readonly { readonly title: string; readonly body: string }[];
}

/** An answer that did not hold, and why. */
export interface Rejected {
  readonly answer: string;
  readonly problems: readonly string[];
}

/** The longest answer that is shown again, in characters. */
const ANSWER_LIMIT = 20_000;

/** Returns the prompt by which an agent is asked for the members of a spec. */
export function splitPrompt({ title, body, above }: ToSplit, rejected?: Rejected): string {
  const context = above.map((each) => `### ${each.title}\n\n${each.body.trim()}`).join("\n\n");
  const parts = [
    `# Split a spec into members

The spec below is too large for one agent. Propose members: smaller specs that together do what it asks for, each worked
by an agent of its own in a git worktree of its own, and merged by itself.

The current folder is a copy of the repository. Look at whatever helps you to cut well. Change nothing: the copy is thrown
away, and only your answer counts.`,
    context === "" ? "" : `## It is part of\n\n${context}`,
    `## The spec\n\n### ${title}\n\n${body.trim()}`,
    `## Rules

- Each member can be done, checked and merged alone, and leaves the repository working.
- The agent of a member sees that member's text and the repository, not this spec: write down all that it needs.
- Criteria are facts that somebody else can check. Do not repeat those that other members have.
- \`depends_on\` holds the numbers of members in your list, from 1, whose work must be there before; leave it out where the
  order does not matter, so that they can be worked at once. No circles.
- Members that change the same files are best one after the other, or one member.
- Set \`split\` to true only for a member that is still too large for one agent.
- Few members are better than many.`,
    `## How to answer

Answer with one JSON object that holds against this schema, and nothing else (a fenced block is fine). Where the environment
variable CHANT_OUTPUT_FILE is set you may write it into that file instead.

\`\`\`json
${JSON.stringify(PROPOSAL_SCHEMA, undefined, 2)}
\`\`\``,
    rejected === undefined ? "" : rejectedText(rejected),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function rejectedText({ answer, problems }: Rejected): string {
  const shown = answer.trim().slice(0, ANSWER_LIMIT);
  return `## Your last answer did not hold

${problems.map((problem) => `- ${problem}`).join("\n")}

It was:

~~~~~~
${shown === "" ? "(nothing)" : shown}
~~~~~~

Answer again, whole and mended.`;
}
