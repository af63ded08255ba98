import { INIT_PROVIDERS, type InitProvider } from "../../domain/agent-provider.ts";
import { defineCommand } from "../command.ts";
import { jsonFlag, option, override, positive, toggle } from "../parameters.ts";

export type InitFlags = {
  readonly agent?: string;
  readonly provider?: InitProvider;
  readonly model?: string;
  readonly max?: number;
  readonly notes?: boolean;
  readonly defaults?: boolean;
  readonly silent?: boolean;
  readonly json?: boolean;
};

export const initCommand = defineCommand<InitFlags, []>({
  usage:
    "[--provider NAME [--model MODEL]] [--agent COMMAND] [--max N] [--silent] [--notes | --no-notes] [--defaults] [--json]",
  brief: "Set chant up in this repository",
  description: `Writes .chant/config.md, the standard prompt and .chant/.gitignore, and keeps the agents' status file out of
commits through the repository's info/exclude. On a terminal it asks for what no flag says; elsewhere it takes the
defaults. Whatever is there already stays as it is, so it is safe to repeat. Nothing is committed.

With --provider it describes an agent of that kind: the providers of chant agents, and ollama, which is opencode with the
models of Ollama on this machine. --agent is then its program; acp needs it.

With --silent all of .chant is kept out of git through info/exclude: the target gets plain merges of the agents' work, and
nothing of chant's shows in the history. Specs and their statuses are then on this disk alone.

With --agent, --provider or --notes it also tells agents of chant's rules: in AGENTS.md, and for claude in CLAUDE.md, between two
marks; not with --silent. What else stands in these files is not touched; repeating it renews the notes, --no-notes takes
them out again.`,
  examples: [
    ["chant init", "asks two questions, then writes the files"],
    ["chant init --provider claude", "asks how many at once, and lets Claude Code work"],
    ["chant init --provider ollama --model qwen3-coder", "lets a model of Ollama work, by opencode"],
    ['chant init --provider acp --agent "gemini --acp"', "any agent of the Agent Client Protocol"],
    ["chant init --silent", "sets chant up without anything that git, or anybody else, would see"],
    [
      'chant init --agent "./agent.sh --fast" --max 8',
      "asks nothing, and writes notes for agents into AGENTS.md",
    ],
    ["chant init --no-notes", "takes the notes out of AGENTS.md and CLAUDE.md"],
  ],
  parameters: {
    flags: {
      agent: option(
        "The agent: a name that --provider takes, or a program and its arguments; none for the built-in script agent",
        "COMMAND",
      ),
      provider: {
        kind: "enum",
        values: INIT_PROVIDERS,
        brief: "A kind of agent that chant knows",
        placeholder: "NAME",
        optional: true,
      },
      model: option("The model that it is asked to use", "MODEL"),
      max: {
        kind: "parsed",
        parse: positive,
        brief: "The most agents at once",
        placeholder: "N",
        optional: true,
      },
      silent: toggle("Keep all of .chant out of git, and chant out of the history"),
      notes: override("Write the notes for agents into AGENTS.md, or take them out"),
      defaults: toggle("Ask nothing"),
      json: jsonFlag,
    },
  },
  body: () => import("./init.impl.ts"),
});
