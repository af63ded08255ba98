import { columns, escapeTerminal, plural } from "../../kit/text.ts";
import { archive, type Archived } from "../../app/archive.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { eventTeller } from "../outcomes.ts";
import { requireDuration } from "../period-flags.ts";
import type { ArchiveFlags } from "./archive.ts";

export async function run(context: Context, flags: ArchiveFlags, ...ids: string[]): Promise<void> {
  const olderThanMs = requireDuration("older-than", flags.olderThan);
  const isDryRun = flags.dryRun === true;
  const workspace = await openWorkspace(context.cwd, context.env);
  const request = { ids, isDryRun, ...(olderThanMs === undefined ? {} : { olderThanMs }) };
  const done = await archive(workspace, request, eventTeller(context));
  if (flags.json) return printJson(context, { ...done, isDryRun });
  const { terminal } = context;
  const rows = done.specs.map(({ id, title, completedAt = "" }) => [id, completedAt, escapeTerminal(title)]);
  if (rows.length > 0) terminal.out(`${columns(rows)}\n`);
  terminal.err(`${lastLine(done, isDryRun)}\n`);
}

function lastLine({ specs, location }: Archived, isDryRun: boolean): string {
  if (specs.length === 0) return "Nothing to archive.";
  const count = plural(specs.length, "spec");
  return isDryRun
    ? `${count} would go to ${location}. Nothing was changed.`
    : `Archived ${count} to ${location}.`;
}
