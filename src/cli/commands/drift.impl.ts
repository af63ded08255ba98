import { type DriftedSpec, readDrift } from "../../app/drift.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Drift } from "../../domain/drift.ts";
import { columns, escapeTerminal, plural } from "../../kit/text.ts";
import { type Context, printJson } from "../context.ts";
import type { DriftFlags } from "./drift.ts";

export async function run(context: Context, flags: DriftFlags, ...partials: string[]): Promise<number> {
  const { terminal } = context;
  const report = await readDrift(await openWorkspace(context.cwd, context.env), partials);
  const drifted = report.specs.filter(({ drift }) => drift.length > 0);
  if (flags.json === true) printJson(context, report);
  else {
    terminal.out(drifted.map(specLines).join(""));
    terminal.err(notes(report.specs));
    terminal.err(summary(drifted.length, report.specs.length, report.target));
  }
  return drifted.length > 0 ? 1 : 0;
}

function specLines({ id, title, completedBy = "", drift }: DriftedSpec): string {
  const rows = drift.map((each) => [`  ${each.kind}`, pathText(each), each.key]);
  return `${id}  ${escapeTerminal(title)} (completed by ${completedBy.slice(0, 12)})\n${columns(rows)}\n`;
}

const pathText = ({ path, to }: Drift): string =>
  escapeTerminal(to === undefined ? path : `${path} -> ${to}`);

const notes = (specs: readonly DriftedSpec[]): string =>
  specs
    .flatMap(({ id, completedBy, unknown }) => [
      ...(completedBy === undefined ? [`${id}: no commit tells when it was completed.`] : []),
      ...unknown.map((path) => `${id}: there is no file ${escapeTerminal(path)}, and there was none.`),
    ])
    .map((line) => `${line}\n`)
    .join("");

function summary(drifted: number, all: number, target: string): string {
  if (all === 0) return "No completed spec names files that it is about.\n";
  const what = plural(all, "completed spec");
  if (drifted === 0) return `Nothing changed on ${target} that ${what} ${all === 1 ? "is" : "are"} about.\n`;
  return `${drifted} of ${what} drifted on ${target}.\nhint: Take one up again: chant reset ID, then chant work ID\n`;
}
