import { defineCommand } from "../command.ts";
import { jsonFlag, toggle } from "../parameters.ts";

export type DashboardFlags = {
  readonly once?: boolean;
  readonly live?: boolean;
  readonly json?: boolean;
};

export const dashboardCommand = defineCommand<DashboardFlags, []>({
  usage: "[--once | --live] [--json]",
  brief: "Show every spec by status, live: what runs, waits, needs a person, landed today",
  description: `On a terminal it fills the screen, shows changes as they happen, and stays until q or Ctrl-C. It only looks: it starts,
lands and changes nothing. Elsewhere, and with --once, it prints everything once and ends.

--json prints one object; with --live one object a line, now and at each change, until it is ended by a signal. For a few
lines about what moves or waits there is chant status; for one spec, chant why ID.`,
  examples: [
    ["chant dashboard", "live, until q is pressed"],
    ["chant dashboard --once", "everything as it stands now"],
    ["chant dashboard --json", "the same as JSON"],
    ["chant dashboard --json --live", "JSON lines, one a change"],
  ],
  parameters: {
    flags: {
      once: toggle("Print it once; so it is off a terminal"),
      live: toggle("Stay and show changes; so it is on a terminal, without --json"),
      json: jsonFlag,
    },
  },
  body: () => import("./dashboard.impl.ts"),
});
