import { AS_CONFIGURED } from "../argv.ts";
import { defineCommand } from "../command.ts";
import { option, override, positive, toggle, word } from "../parameters.ts";

export type WorkFlags = {
  /** `AS_CONFIGURED` is the configuration's `parallel.max`. */
  readonly parallel?: number | typeof AS_CONFIGURED;
  readonly max?: number;
  readonly chain?: boolean;
  readonly keepGoing?: boolean;
  readonly label?: string;
  readonly agent?: string;
  readonly prompt?: string;
  readonly skipApproval?: boolean;
  readonly yes?: boolean;
  readonly noWait?: boolean;
  readonly noWatch?: boolean;
  readonly notify?: boolean;
  readonly detach?: boolean;
  readonly allowNetworkFs?: boolean;
  readonly json?: boolean;
};

export const workCommand = defineCommand<WorkFlags, string[]>({
  usage:
    "[ID...] [--parallel [N]] [--max N] [--chain [--keep-going]] [--label LABEL] [--agent NAME] [--prompt NAME] [--skip-approval] [--yes] [--no-wait] [--no-watch] [--notify | --no-notify] [--detach] [--allow-network-fs] [--json]",
  brief: "Give specs to agents, and land what they finish",
  description: `Gives each spec to an agent in a git worktree of its own, judges what it leaves, and lands it on the branch that you
are on. Without ids it takes every spec that is ready, and what becomes ready while it runs: a spec that landed
unblocks those that wait for it. Without --parallel one agent works at a time, in the order of priority, then of ids.

It stays until all has landed, failed or needs a person. If only your own edits hold landings back it names the files,
waits a while (work.landing_wait; not at all off a terminal) and ends with status 75. Ctrl-C leaves in order: the agents
go on, and the next chant work carries on with them; a second Ctrl-C leaves at once.

What needs an approval is left out until it has one. In an emergency --skip-approval starts the named specs without;
who did that, and when, is written into the spec.

Criteria may name commands that show them, and such a command runs only once you have let it: on a terminal this asks
before it starts, elsewhere --yes lets all of them run. A spec whose commands nobody has let run is not started.

With the first of them it starts chant watch in the background, unless one runs: should this command end before its
agents, that lands what they finish. Not with --no-watch, with CHANT_NO_WATCH=1 in the environment, or with work.watch:
false in the configuration.`,
  examples: [
    ["chant work", "every ready spec, one after the other"],
    ["chant work --parallel", "as many agents at once as the configuration says"],
    ["chant work 001 002 --parallel 2", "these two, at once"],
    ["chant work --chain", "in the order of ids, up to the first failure"],
    ["chant work --parallel=8 --detach", "in the background"],
  ],
  parameters: {
    flags: {
      parallel: {
        kind: "parsed",
        parse: (input: string) => (input === AS_CONFIGURED ? AS_CONFIGURED : positive(input)),
        brief: "Several agents at once: N, or as configured",
        placeholder: "N",
        optional: true,
      },
      max: {
        kind: "parsed",
        parse: positive,
        brief: "The most agents at once; implies --parallel",
        placeholder: "N",
        optional: true,
      },
      chain: toggle("One after the other in the order of ids, up to the first failure"),
      keepGoing: toggle("With --chain: go on after a failure"),
      label: option("Only specs with this label", "LABEL"),
      agent: option("Give all of them to this agent", "NAME"),
      prompt: option("Tell all of them this prompt", "NAME"),
      skipApproval: toggle("Start the named specs although their approval is missing"),
      yes: toggle("Let the commands run that the specs name as checks, without a question"),
      noWait: toggle("Return after the last start; the agents go on"),
      noWatch: toggle("Start no watch in the background"),
      notify: override(
        "Show what happens on the desktop as well, or tell nobody; so does the watch that it starts",
      ),
      detach: toggle("Do all of it in the background"),
      allowNetworkFs: toggle("Work on a filesystem over a network, whose locks may not hold"),
      json: toggle("Print what happens as JSON lines, and the summary as the last one"),
    },
    positional: {
      kind: "array",
      parameter: {
        brief: "Specs by id or part of one; none for every ready one",
        parse: word,
        placeholder: "ID",
      },
    },
  },
  body: () => import("./work.impl.ts"),
});
