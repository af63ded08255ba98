import { escapeTerminal } from "../../kit/text.ts";
import { explain } from "../../app/why.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { statusClause } from "../spec-words.ts";
import { type Context, printJson } from "../context.ts";

export async function run(
  context: Context,
  flags: { readonly json?: boolean },
  partial: string,
): Promise<void> {
  const answer = await explain(await openWorkspace(context.cwd, context.env), partial, context.clock);
  if (flags.json) return printJson(context, answer);
  const lines = [
    `${statusClause(answer)}.`,
    ...answer.reasons,
    ...answer.next.map((command) => `  $ ${command}`),
  ];
  context.terminal.out(lines.map((line) => `${escapeTerminal(line)}\n`).join(""));
}
