import { searchSpecs } from "../../app/search.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { requireSince } from "../period-flags.ts";
import { searchLines, searchNote } from "../search-text.ts";
import type { SearchFlags } from "./search.ts";

export async function run(context: Context, flags: SearchFlags, ...words: readonly string[]): Promise<void> {
  const { terminal, clock } = context;
  const sinceMs = requireSince("since", flags.since, clock.nowMs());
  const result = await searchSpecs(await openWorkspace(context.cwd, context.env), clock, {
    query: words.join(" "),
    isTitleOnly: flags.title ?? false,
    statuses: flags.status ?? [],
    labels: flags.label ?? [],
    hasArchived: flags.archived ?? false,
    limit: flags.limit ?? 20,
    ...(sinceMs === undefined ? {} : { sinceMs }),
  });
  if (flags.json) return printJson(context, result);
  const width = terminal.isTerminal(1) ? terminal.size().width : undefined;
  const lines = searchLines(result.found, { width, hasColor: terminal.hasColor(1) });
  terminal.out(lines.map((line) => `${line}\n`).join(""));
  const note = searchNote(result);
  if (note !== "") terminal.err(`${note}\n`);
}
