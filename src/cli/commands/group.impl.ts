import { readGroup } from "../../app/group.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { groupLines, groupSummary } from "../group-lines.ts";
import { specJson } from "../spec-json.ts";

export async function run(context: Context, flags: { readonly json?: boolean }, id: string): Promise<void> {
  const group = await readGroup(await openWorkspace(context.cwd, context.env), id);
  if (flags.json) {
    return printJson(context, { ...specJson(group.driver), members: group.members.map(specJson) });
  }
  const { terminal } = context;
  const lines = groupLines(group, {
    width: terminal.isTerminal(1) ? terminal.size().width : undefined,
    hasColor: terminal.hasColor(1),
  });
  terminal.out(lines.map((line) => `${line}\n`).join(""));
  terminal.err(`${groupSummary(group)}\n`);
}
