import { ChantError } from "../../kit/errors.ts";
import { escapeTerminal } from "../../kit/text.ts";
import { readLog } from "../../app/log.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import type { LogFlags } from "./log.ts";

export async function run(context: Context, flags: LogFlags, partial: string): Promise<number> {
  if (flags.json && flags.follow) {
    throw new ChantError("USAGE", "--json prints one object, so it cannot follow.", {
      hint: "Leave one of them out.",
    });
  }
  const workspace = await openWorkspace(context.cwd, context.env);
  const { terminal } = context;
  const isTerminal = terminal.isTerminal(1);
  const lines: string[] = [];
  const take = (line: string): void => {
    if (flags.json) lines.push(line);
    else terminal.out(`${isTerminal ? escapeTerminal(line, { keepLayout: true }) : line}\n`);
  };
  using interruption = context.interruption(() => {});
  const request = { partial, follow: flags.follow ?? false, signal: interruption.signal };
  const id = await readLog(workspace, request, take);
  if (flags.json) printJson(context, { id, lines });
  return interruption.status ?? 0;
}
