import { clearLimits, readLimits, switchLimits } from "../../app/limits.ts";
import { ChantError } from "../../kit/errors.ts";
import { columns, plural } from "../../kit/text.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { type Context, printJson } from "../context.ts";
import { limitRow } from "../limits-text.ts";
import type { LimitsFlags, LimitsWord } from "./limits.ts";

export async function run(
  context: Context,
  { json = false }: LimitsFlags,
  what: LimitsWord = "list",
  account?: string,
): Promise<number> {
  const { terminal, clock } = context;
  if (account !== undefined && what !== "clear") {
    throw new ChantError("USAGE", `chant limits ${what} takes no account.`, {
      hint: `Did you mean: chant limits clear ${account}`,
    });
  }
  switch (what) {
    case "list": {
      const view = await readLimits(clock);
      if (json) {
        printJson(context, view);
        return 0;
      }
      if (view.limits.length > 0) {
        terminal.out(`${columns(view.limits.map((limit) => limitRow(limit, clock.nowMs())))}\n`);
      }
      if (view.isOff) {
        terminal.err("Turned off: no run waits for what another one has met (chant limits on).\n");
      } else if (view.limits.length === 0) terminal.err("No account waits for a limit.\n");
      return 0;
    }
    case "clear": {
      const cleared = await clearLimits(account, clock);
      if (json) printJson(context, { cleared });
      else if (cleared.length === 0) terminal.err("No account waits for a limit. Nothing was changed.\n");
      else {
        const names = cleared.map((limit) => limit.account).join(", ");
        terminal.out(
          `Cleared ${plural(cleared.length, "limit")}: ${names}. What waited goes on within some seconds.\n`,
        );
      }
      return 0;
    }
    case "off":
    case "on": {
      await switchLimits(what === "off");
      if (json) printJson(context, { isOff: what === "off" });
      else {
        terminal.out(
          what === "off"
            ? "From now on a run waits only for the limit that it has met itself.\n"
            : "From now on all runs of an account wait for the limit that one of them has met.\n",
        );
      }
      return 0;
    }
    default:
      return unreachable(what);
  }
}
