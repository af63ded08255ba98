import { findCycle } from "./graph.ts";
import { schemaProblems, type JsonSchema } from "./json-schema.ts";
import { isBroken, newSpecText, parseSpec } from "./spec.ts";

/** A member that an agent proposes for a driver. */
export interface ProposedMember {
  readonly title: string;
  readonly description: string;
  readonly criteria: readonly string[];
  /** Numbers of other members in the same list, from 1. */
  readonly dependsOn: readonly number[];
  readonly targetFiles: readonly string[];
  /** Too large for one agent, by the proposer's own word. */
  readonly needsSplit: boolean;
}

/** Most members of one driver that are proposed at once. */
const MEMBERS_LIMIT = 50;

/** What an agent must answer with when it is to split a spec; also given to it. */
export const PROPOSAL_SCHEMA: JsonSchema = {
  type: "object",
  required: ["members"],
  properties: {
    members: {
      type: "array",
      minItems: 1,
      maxItems: MEMBERS_LIMIT,
      description: "In the order in which they are to be worked.",
      items: {
        type: "object",
        required: ["title", "description", "criteria"],
        properties: {
          title: { type: "string", minLength: 1, maxLength: 200, description: "One line." },
          description: {
            type: "string",
            minLength: 1,
            maxLength: 50_000,
            description: "Markdown: all that an agent needs to know which has read nothing but this member.",
          },
          criteria: {
            type: "array",
            minItems: 1,
            maxItems: 50,
            items: { type: "string", minLength: 1, maxLength: 1000 },
            description: "What must be true when it is done, each to be checked by itself.",
          },
          depends_on: {
            type: "array",
            items: { type: "integer", minimum: 1 },
            description: "The numbers of the members in this list, from 1, that must have landed before.",
          },
          target_files: {
            type: "array",
            items: { type: "string", minLength: 1, maxLength: 500 },
            description: "The files that it is about, by their paths in the repository.",
          },
          split: {
            type: "boolean",
            description: "True when it is still too large for one agent and should be split further.",
          },
        },
      },
    },
  },
};

export type ReadProposal =
  | { readonly ok: true; readonly members: readonly ProposedMember[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a proposal. What is wrong with it is said with its place, for the agent that made it. */
export function readProposal(value: unknown): ReadProposal {
  const problems = schemaProblems(value, PROPOSAL_SCHEMA);
  if (problems.length > 0) return { ok: false, problems };
  // The schema has just said that it is of this shape.
  const { members: given } = value as { members: Record<string, unknown>[] };
  const members = given.map((member) => ({
    title: member["title"] as string,
    description: member["description"] as string,
    criteria: member["criteria"] as string[],
    dependsOn: [...new Set((member["depends_on"] ?? []) as number[])],
    targetFiles: [...new Set((member["target_files"] ?? []) as string[])],
    needsSplit: member["split"] === true,
  }));
  const wrong = [
    ...members.flatMap((member, at) => memberProblems(member, at, members)),
    ...cycleProblems(members),
  ];
  return wrong.length > 0 ? { ok: false, problems: wrong } : { ok: true, members };
}

function memberProblems(
  member: ProposedMember,
  at: number,
  all: readonly ProposedMember[],
): readonly string[] {
  const place = `members[${at}]`;
  const problems: string[] = [];
  const twin = all.findIndex(({ title }) => title.trim() === member.title.trim());
  if (twin < at) problems.push(`${place}.title: members[${twin}] has the same title`);
  for (const number of member.dependsOn) {
    if (number > all.length) {
      problems.push(`${place}.depends_on: there is no member ${number}, only ${all.length}`);
    }
    if (number === at + 1) problems.push(`${place}.depends_on: ${number} is the member itself`);
  }
  for (const path of member.targetFiles) {
    if (!isInside(path)) {
      problems.push(`${place}.target_files: ${JSON.stringify(path)} is no path inside the repository`);
    }
  }
  // An open fence or comment in the description would swallow what follows it.
  const spec = parseSpec("proposal", newSpecText({ ...member, body: member.description, dependsOn: [] }));
  if (isBroken(spec)) problems.push(`${place}: it cannot be written as a spec: ${spec.message}`);
  else if (spec.criteria.length < member.criteria.length) {
    problems.push(
      `${place}.description: a code fence or comment in it is not closed, or a criterion is empty`,
    );
  }
  return problems;
}

const isInside = (path: string): boolean =>
  !/^([/\\~]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes("..") && !/\p{Cc}/u.test(path);

function cycleProblems(members: readonly ProposedMember[]): readonly string[] {
  const graph = new Map(
    members.map(({ dependsOn }, at) => [
      `m-${at + 1}`,
      { dependsOn: dependsOn.map((number) => `m-${number}`) },
    ]),
  );
  const cycle = findCycle(graph)?.map((id) => id.slice(2)) ?? [];
  // One that names itself has been told of.
  return cycle.length < 2 ? [] : [`depends_on: members ${cycle.join(", ")} wait for one another`];
}
