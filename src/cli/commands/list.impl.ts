import { readOverview } from "../../app/overview.ts";
import { summarise } from "../../app/standing.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { filterList, hiddenLine, isPassedOver, type ListFilter } from "../list-filter.ts";
import { listLines } from "../list-lines.ts";
import { summaryOfSpecs } from "../overview-text.ts";
import { specJson } from "../spec-json.ts";
import type { ListFlags } from "./list.ts";

export async function run(context: Context, flags: ListFlags): Promise<void> {
  const isSummary = flags.summary ?? false;
  const filter: ListFilter = {
    statuses: flags.status ?? [],
    labels: flags.label ?? [],
    types: flags.type ?? [],
    // Whatever it leaves out would be missing in the counts.
    all: isSummary || (flags.all ?? false),
    ready: flags.ready ?? false,
  };
  const workspace = await openWorkspace(context.cwd, context.env);
  const { specs, passedOver } = await readOverview(workspace, {
    passOver: (_, status) => isPassedOver(filter, isSummary, status),
  });
  const { shown, hidden } = filterList(specs, filter, passedOver);
  if (isSummary) {
    const summary = summarise(shown, passedOver);
    if (flags.json) return printJson(context, summary);
    return context.terminal.out(summaryOfSpecs(summary, context.terminal.hasColor(1)));
  }
  if (flags.json) return printJson(context, shown.map(specJson));
  const isTerminal = context.terminal.isTerminal(1);
  const lines = listLines(shown, {
    width: isTerminal ? context.terminal.size().width : undefined,
    hasColor: context.terminal.hasColor(1),
  });
  context.terminal.out(lines.map((line) => `${line}\n`).join(""));
  const last = hiddenLine(shown.length, hidden);
  if (last !== "") context.terminal.err(`${last}\n`);
}
