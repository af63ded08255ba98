import { defineCommand } from "../command.ts";
import { jsonFlag, override, positive, toggle } from "../parameters.ts";

export type WatchFlags = {
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly pollInterval?: number;
  readonly notify?: boolean;
  readonly json?: boolean;
};

/** What is asked of a watch that runs, or not. */
export type WatchWord = "status" | "stop";

const watchWord = (input: string): WatchWord => {
  if (input === "status" || input === "stop") return input;
  throw new SyntaxError('It can be "status" or "stop", or left out.');
};

export const watchCommand = defineCommand<WatchFlags, [what?: WatchWord]>({
  usage: "[status | stop] [--once | --dry-run] [--poll-interval MS] [--notify | --no-notify] [--json]",
  brief: "Bring what is in progress to its end: land, retry, recover",
  description: `Takes over every run whose coordinator is gone, lands what is done, tries again what failed with an error that passes
by itself, and clears away what is over, in the foreground, until it has had nothing to do for watch.idle_timeout_minutes.
It never starts a spec. There is one watch for a repository; a second one says who runs and ends with 75. Everything
that it prints is in .chant/logs/watch.log as well, with full times.

watch status says whether one runs, since when, and what it watches; watch stop ends it in order, and its agents go on.
Ctrl-C does the same; a second one leaves at once. It ends with 0, with 1 if a run failed for good, with 129,
130 or 143 after a signal.

It tells whom notify in the configuration names (a webhook, a command, the desktop) when something landed, failed for
good or needs a person, and when all is done. --notify adds the desktop, --no-notify tells nobody.`,
  examples: [
    ["chant watch", "until there is nothing left to do"],
    ["chant watch --once", "one look at everything, for a cron job"],
    ["chant watch --dry-run", "say what it would do now"],
    ["chant watch --notify", "and show on the desktop what happens"],
    ["chant watch status", "whether one runs, and what it waits for"],
    ["chant watch stop", "end it; the agents go on"],
  ],
  parameters: {
    flags: {
      once: toggle("Do what there is to do now, then end; wait for nothing"),
      dryRun: toggle("Say what it would do, and change nothing"),
      pollInterval: {
        kind: "parsed",
        parse: positive,
        brief: "How often to look without being told of a change, in milliseconds",
        placeholder: "MS",
        optional: true,
      },
      notify: override("Show what happens on the desktop as well, or tell nobody"),
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Ask about the watch that runs, or end it",
          parse: watchWord,
          placeholder: "status|stop",
          optional: true,
        },
      ],
    },
  },
  body: () => import("./watch.impl.ts"),
});
