import { prep } from "../../app/prep.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import type { PrepFlags } from "./prep.ts";

export async function run(context: Context, flags: PrepFlags, id: string): Promise<void> {
  const { terminal } = context;
  const prepared = await prep(await openWorkspace(context.cwd, context.env), id, flags.prompt);
  if (flags.json) return printJson(context, prepared);
  terminal.out(prepared.text);
  if (prepared.attempt !== undefined && terminal.isTerminal(2)) {
    terminal.err(`This is what its agent was given, in attempt ${prepared.attempt}.\n`);
  }
}
