import { requirePerson } from "../../app/decide.ts";
import { letRun, trustConfig, untrustedCommands, untrustedConfig } from "../../app/trust.ts";
import { openWorkspace, requireInitialised } from "../../app/workspace.ts";
import { escapeTerminal } from "../../kit/text.ts";
import { type Context, printJson } from "../context.ts";
import { canAsk, commandLines, isYes } from "../trust-text.ts";
import type { Trustable, TrustFlags } from "./trust.ts";

export async function run(context: Context, flags: TrustFlags, what?: Trustable): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  await requireInitialised(workspace);
  const changes = what === "commands" ? [] : await untrustedConfig(workspace);
  const commands = what === "git-config" ? [] : await untrustedCommands(workspace);
  const { terminal } = context;
  const isJson = flags.json === true;
  const isNothing = changes.length === 0 && commands.length === 0;
  if (!isJson) {
    if (isNothing) terminal.out("There is nothing that would have to be trusted.\n");
    for (const change of changes) terminal.out(`${escapeTerminal(change)}\n`);
    const lines = commandLines(commands);
    if (lines !== "") terminal.out(`Commands that would run with your rights:\n${lines}`);
  }
  const isAccepted =
    !isNothing && (flags.yes === true || (canAsk(context, isJson) && isYes(context, "Accept this?")));
  if (isAccepted) {
    requirePerson(context.env, "Trust");
    if (changes.length > 0) await trustConfig(workspace);
    await letRun(workspace, commands);
  }
  if (isJson) printJson(context, { changes, commands, isAccepted });
  else if (isAccepted) terminal.err("Accepted. What waited for it goes on with: chant work\n");
  else if (!isNothing) {
    terminal.err(
      `Nothing was accepted.\nhint: Accept it with: chant trust ${what === undefined ? "" : `${what} `}--yes\n`,
    );
  }
  return isNothing || isAccepted ? 0 : 1;
}
