import { formatSize } from "../../domain/size.ts";
import { ChantError } from "../../kit/errors.ts";
import { columns, escapeTerminal, plural } from "../../kit/text.ts";
import { cleanup } from "../../app/cleanup.ts";
import type { Finding } from "../../app/cleanup/finding.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { eventTeller } from "../outcomes.ts";
import type { CleanupFlags } from "./cleanup.ts";

export async function run(context: Context, flags: CleanupFlags): Promise<number> {
  const { terminal } = context;
  const isDryRun = flags.dryRun === true;
  const isAsked = !isDryRun && flags.yes !== true;
  if (isAsked && (flags.json === true || !terminal.isTerminal(0) || !terminal.isTerminal(2))) {
    throw new ChantError("USAGE", "There is nobody to ask whether all that shall go.", {
      hint: "Look at it: chant cleanup --dry-run. Do it without asking: chant cleanup --yes. Nothing was removed.",
    });
  }
  const workspace = await openWorkspace(context.cwd, context.env);
  const confirm = (findings: readonly Finding[]): boolean => {
    if (flags.json !== true) show(context, findings);
    return !isAsked || /^y(es)?$/i.test(terminal.ask("Do that? [y/N] ")?.trim() ?? "");
  };
  const { findings, done, failed } = await cleanup(workspace, { isDryRun, confirm }, eventTeller(context));
  const status = failed.length === 0 ? 0 : 1;
  if (flags.json === true) {
    printJson(context, { isDryRun, findings, done, failed });
    return status;
  }
  const open = findings.filter(({ what }) => what !== "leave");
  if (isDryRun || open.length === 0) show(context, findings);
  terminal.err(`${lastLine(open, done, isDryRun)}\n`);
  return status;
}

function show({ terminal }: Context, findings: readonly Finding[]): void {
  if (findings.length > 0) terminal.out(`${columns(findings.map(row))}\n`);
}

const WHAT: { readonly [W in Finding["what"]]: string } = {
  remove: "remove",
  keep: "snapshot, then remove",
  pack: "pack",
  leave: "leave",
};

const row = ({ kind, name, bytes, why, what }: Finding): readonly string[] => [
  WHAT[what],
  kind,
  bytes === undefined ? "-" : formatSize(bytes),
  escapeTerminal(name),
  escapeTerminal(why),
];

function lastLine(open: readonly Finding[], done: readonly string[], isDryRun: boolean): string {
  if (open.length === 0) return "Nothing to clean up.";
  const names = new Set(done);
  const bytes = open
    .filter(({ name, what }) => what !== "pack" && (isDryRun || names.has(name)))
    .reduce((sum, finding) => sum + (finding.bytes ?? 0), 0);
  const size = formatSize(bytes);
  if (isDryRun) return `${plural(open.length, "thing")} to clean up, ${size}. Nothing was changed.`;
  if (done.length === 0) return "Nothing was changed.";
  const left = open.length - done.length;
  const rest = left === 0 ? "" : ` ${plural(left, "thing")} stayed, or had gone by then.`;
  return `Cleaned up ${plural(done.length, "thing")}, ${size} freed.${rest}`;
}
