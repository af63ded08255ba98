import { ChantError } from "../../kit/errors.ts";
import { escapeTerminal } from "../../kit/text.ts";
import { type LogEntry, ReadableLog } from "../../domain/log-line.ts";
import { type LogEnd, type LogRequest, type OnEntry, readLog, readRawLog } from "../../app/log.ts";
import { openWorkspace, type Workspace } from "../../app/workspace.ts";
import { colored } from "../colors.ts";
import { type Context, printJson } from "../context.ts";
import { logJson } from "../log-json.ts";
import type { LogFlags } from "./log.ts";

export async function run(context: Context, flags: LogFlags, partial: string): Promise<number> {
  requireSense(flags);
  const workspace = await openWorkspace(context.cwd, context.env);
  using interruption = context.interruption(() => {});
  const request: LogRequest = {
    partial,
    follow: flags.follow ?? false,
    signal: interruption.signal,
    ...(flags.attempt === undefined ? {} : { attempt: flags.attempt }),
  };
  const { id, isUnattended } = await print(context, flags, workspace, request);
  if (isUnattended) {
    context.terminal.err(
      `Nobody attends to the run of ${id}: chant work or chant watch takes it up again.\n`,
    );
  }
  return interruption.status ?? 0;
}

function requireSense({ json, follow, raw }: LogFlags): void {
  const other = follow === true ? "--follow" : raw === true ? "--raw" : undefined;
  if (json !== true || other === undefined) return;
  throw new ChantError("USAGE", `--json prints one object, so it does not go with ${other}.`, {
    hint: "Leave one of them out.",
  });
}

async function print(
  context: Context,
  flags: LogFlags,
  workspace: Workspace,
  request: LogRequest,
): Promise<LogEnd> {
  if (flags.raw === true) return readRawLog(workspace, request, rawPrinter(context));
  if (flags.json !== true) return readLog(workspace, request, linePrinter(context));
  const entries: (LogEntry | string)[] = [];
  const end = await readLog(workspace, request, (entry, line) => entries.push(entry ?? line));
  printJson(context, { id: end.id, ...logJson(entries) });
  return end;
}

/** What agents print cannot steer a terminal; elsewhere it is passed on as it is. */
function linePrinter({ terminal }: Context): OnEntry {
  const log = new ReadableLog();
  const isTerminal = terminal.isTerminal(1);
  const hasColor = terminal.hasColor(1);
  return (entry, line) => {
    const color = entry?.kind === "launch" ? "bold" : entry?.kind === "note" ? "dim" : undefined;
    for (const each of entry === undefined ? [line] : log.lines(entry)) {
      const safe = isTerminal ? escapeTerminal(each, { keepLayout: true }) : each;
      terminal.out(`${colored(safe, color, hasColor)}\n`);
    }
  };
}

function rawPrinter({ terminal }: Context): (piece: Uint8Array) => void {
  if (!terminal.isTerminal(1)) return (piece) => terminal.out(piece);
  const decoder = new TextDecoder();
  return (piece) =>
    terminal.out(escapeTerminal(decoder.decode(piece, { stream: true }), { keepLayout: true }));
}
