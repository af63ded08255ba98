import { escapeTerminal } from "../../kit/text.ts";
import { trustConfig, untrustedConfig } from "../../app/trust.ts";
import { openWorkspace, requireInitialised } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import type { TrustFlags } from "./trust.ts";

export async function run(context: Context, flags: TrustFlags): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  await requireInitialised(workspace);
  const changes = await untrustedConfig(workspace);
  const { terminal } = context;
  if (flags.json !== true) {
    if (changes.length === 0) terminal.out("Nothing changed that would have to be trusted.\n");
    for (const change of changes) terminal.out(`${escapeTerminal(change)}\n`);
  }
  const isAccepted = changes.length > 0 && (flags.yes === true || isConfirmed(context, flags));
  if (isAccepted) await trustConfig(workspace);
  if (flags.json === true) printJson(context, { changes, isAccepted });
  else if (isAccepted) terminal.err("Accepted. The landings go ahead with: chant work\n");
  else if (changes.length > 0) {
    terminal.err("Nothing was accepted.\nhint: Accept it with: chant trust git-config --yes\n");
  }
  return changes.length === 0 || isAccepted ? 0 : 1;
}

function isConfirmed({ terminal }: Context, { json }: TrustFlags): boolean {
  if (json === true || !terminal.isTerminal(0) || !terminal.isTerminal(2)) return false;
  return /^y(es)?$/i.test(terminal.ask("Accept this? [y/N] ")?.trim() ?? "");
}
