import { showSpec } from "../../app/show.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { detailsText } from "../details-text.ts";
import { detailsJson } from "../spec-json.ts";

export async function run(context: Context, flags: { readonly json?: boolean }, id: string): Promise<void> {
  const details = await showSpec(await openWorkspace(context.cwd, context.env), id);
  if (flags.json) return printJson(context, detailsJson(details));
  context.terminal.out(
    detailsText(details, { nowMs: context.clock.nowMs(), hasColor: context.terminal.hasColor(1) }),
  );
}
