import { defineCommand } from "../command.ts";
import { idWord, jsonFlag, option, positive, toggle } from "../parameters.ts";

export type SplitFlags = {
  readonly recursive?: boolean;
  readonly maxDepth?: number;
  readonly agent?: string;
  readonly model?: string;
  readonly commit?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
};

export const splitCommand = defineCommand<SplitFlags, [id: string]>({
  usage:
    "ID [--recursive [--max-depth N]] [--agent NAME] [--model NAME] [--commit] [--dry-run] [--yes] [--json]",
  brief: "Let an agent propose the members of a spec",
  description: `Asks an agent to cut a spec into members, shows what it proposes, and writes it when you say so: ID.1.md, ID.2.md and
so on, all or none. The spec itself stays as it is, and is a driver then. The agent looks at a copy of the last commit,
which goes afterwards with whatever it did there.

A proposal that does not hold (a field is missing, members wait for one another) is given back to the agent once. The
agent must be of the provider command or claude. Off a terminal nothing is asked: --yes writes, --dry-run only shows.`,
  examples: [
    ["chant split 001", "asks, shows, and writes on y"],
    ["chant split 001 --recursive --max-depth 3", "members that are too large are split further"],
    ["chant split 001 --agent planner --yes --commit", "in a script"],
    ["chant split 001 --dry-run --json", "the proposal as JSON, nothing written"],
  ],
  parameters: {
    flags: {
      recursive: toggle("Split members further where the agent says that they are too large"),
      maxDepth: {
        kind: "parsed",
        parse: positive,
        brief: "With --recursive: how many levels at most (2 when left out)",
        placeholder: "N",
        optional: true,
      },
      agent: option("The agent of the configuration to ask", "NAME"),
      model: option("The model that it is asked to use", "NAME"),
      commit: toggle("Commit the members, and nothing else"),
      dryRun: toggle("Ask the agent and show what it proposes, and write nothing"),
      yes: toggle("Write without asking you"),
      json: jsonFlag,
    },
    positional: { kind: "tuple", parameters: [idWord] },
  },
  body: () => import("./split.impl.ts"),
});
