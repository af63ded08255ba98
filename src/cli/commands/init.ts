import { defineCommand } from "../command.ts";
import { jsonFlag, option, positive, toggle } from "../parameters.ts";

export type InitFlags = {
  readonly agent?: string;
  readonly max?: number;
  readonly defaults?: boolean;
  readonly silent?: boolean;
  readonly json?: boolean;
};

export const initCommand = defineCommand<InitFlags, []>({
  usage: "[--agent COMMAND] [--max N] [--silent] [--defaults] [--json]",
  brief: "Set chant up in this repository",
  description: `Writes .chant/config.md, the standard prompt and .chant/.gitignore, and keeps the agents' status file out of
commits through the repository's info/exclude. On a terminal it asks for what no flag says; elsewhere it takes the
defaults. Whatever is there already stays as it is, so it is safe to repeat. Nothing is committed.
With --silent all of .chant is kept out of git through info/exclude: the target gets plain merges of the agents' work, and
nothing of chant's shows in the history. Specs and their statuses are then on this disk alone.`,
  examples: [
    ["chant init", "asks two questions, then writes the files"],
    ["chant init --silent", "sets chant up without anything that git, or anybody else, would see"],
    ['chant init --agent "./agent.sh --fast" --max 8', "asks nothing"],
  ],
  parameters: {
    flags: {
      agent: option("The agent's program and its arguments; none for the built-in script agent", "COMMAND"),
      max: {
        kind: "parsed",
        parse: positive,
        brief: "The most agents at once",
        placeholder: "N",
        optional: true,
      },
      silent: toggle("Keep all of .chant out of git, and chant out of the history"),
      defaults: toggle("Ask nothing"),
      json: jsonFlag,
    },
  },
  body: () => import("./init.impl.ts"),
});
