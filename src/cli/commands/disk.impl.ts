import { formatSize } from "../../domain/size.ts";
import { columns, escapeTerminal } from "../../kit/text.ts";
import { diskUse } from "../../app/disk.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import type { DiskFlags } from "./disk.ts";

export async function run(context: Context, flags: DiskFlags): Promise<void> {
  const use = await diskUse(await openWorkspace(context.cwd, context.env));
  if (flags.json === true) return printJson(context, use);
  const rows = use.kinds.map(({ kind, bytes, count, place }) => [
    kind,
    formatSize(bytes),
    String(count),
    escapeTerminal(place),
  ]);
  context.terminal.out(`${columns([...rows, ["total", formatSize(use.bytes)]])}\n`);
}
