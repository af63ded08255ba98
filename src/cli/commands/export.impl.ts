import { escapeTerminal } from "../../kit/text.ts";
import { exportSpecs, exportToFile } from "../../app/export.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { requireFields } from "../export-flags.ts";
import { requireDay } from "../period-flags.ts";
import type { ExportFlags } from "./export.ts";

export async function run(context: Context, flags: ExportFlags): Promise<void> {
  const [from, to, fields] = [
    requireDay("from", flags.from),
    requireDay("to", flags.to),
    requireFields(flags.fields),
  ];
  const request = {
    format: flags.format ?? "json",
    statuses: flags.status ?? [],
    types: flags.type ?? [],
    labels: flags.label ?? [],
    hasArchived: flags.all === true,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(fields === undefined ? {} : { fields }),
  };
  const { cwd, env, terminal } = context;
  const workspace = await openWorkspace(cwd, env);
  if (flags.output === undefined || flags.output === "-") {
    const isTerminal = terminal.isTerminal(1);
    for await (const piece of exportSpecs(workspace, request)) {
      terminal.out(isTerminal ? escapeTerminal(piece, { keepLayout: true }) : piece);
    }
    return;
  }
  const { path, bytes } = await exportToFile(workspace, request, { cwd, path: flags.output });
  terminal.err(`Wrote ${path} (${bytes} bytes).\n`);
}
