import { tickSpec } from "../../app/tick.ts";
import { type Context, printJson } from "../context.ts";
import { tickText } from "../tick-text.ts";
import type { TickFlags } from "./tick.ts";

export async function run(context: Context, flags: TickFlags, ...words: string[]): Promise<void> {
  const report = await tickSpec(context.cwd, context.env, words, flags.all ?? false);
  if (flags.json) return printJson(context, report);
  const { out, err } = tickText(report);
  context.terminal.out(out);
  context.terminal.err(err);
}
