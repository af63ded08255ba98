import { readDag } from "../../app/dag.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { plural } from "../../kit/text.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { type Context, printJson } from "../context.ts";
import { dagJson, dotText, mermaidText } from "../dag-formats.ts";
import { dagLines, dagSummary } from "../dag-text.ts";
import { matches } from "../list-filter.ts";
import type { DagFlags } from "./dag.ts";

export async function run(context: Context, flags: DagFlags, id?: string): Promise<void> {
  const { terminal } = context;
  const { status: statuses = [], label: labels = [] } = flags;
  const filter = { statuses, labels, types: [], all: true, ready: false };
  const isFiltered = statuses.length > 0 || labels.length > 0;
  const dag = await readDag(await openWorkspace(context.cwd, context.env), {
    partial: id,
    isAll: flags.all ?? false,
    isShown: isFiltered ? (view) => matches(view, filter) : undefined,
  });
  const format = flags.json === true ? "json" : (flags.format ?? "tree");
  switch (format) {
    case "json":
      return printJson(context, dagJson(dag));
    case "dot":
      return terminal.out(dotText(dag));
    case "mermaid":
      return terminal.out(mermaidText(dag));
    case "tree": {
      const width = terminal.isTerminal(1) ? terminal.size().width : undefined;
      const lines = dagLines(dag, { width, hasColor: terminal.hasColor(1) });
      const between = lines.length === 0 ? [] : [""];
      terminal.out([...lines, ...between, ...dagSummary(dag)].map((line) => `${line}\n`).join(""));
      if (dag.over > 0) {
        terminal.err(
          `Not shown: ${plural(dag.over, "spec")}, completed or cancelled (see them with --all).\n`,
        );
      }
      return undefined;
    }
    default:
      return unreachable(format);
  }
}
