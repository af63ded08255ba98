import { columns, escapeTerminal, plural } from "../kit/text.ts";
import { decideResults, type ResultDecided, type ResultRequest } from "../app/decide-result.ts";
import { statusOf } from "../app/outcome.ts";
import { openWorkspace } from "../app/workspace.ts";
import { type Context, printJson } from "./context.ts";
import { outcomeText } from "./outcome-text.ts";
import { eventTeller, leavingLanding } from "./outcomes.ts";

/** Decides about results, prints what each changes and what became of it, and returns the exit status. */
export async function decideAndTell(
  context: Context,
  partials: readonly string[],
  request: ResultRequest & { readonly json?: boolean },
): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  using interruption = leavingLanding(context);
  const { signal } = interruption;
  const done = await decideResults(workspace, partials, request, eventTeller(context), signal);
  if (request.json === true) printJson(context, done);
  else context.terminal.out(done.map(resultText).join("\n"));
  // A rejection that was carried out is no failure.
  const outcomes = done.map(({ outcome }) => outcome);
  const counted = outcomes.filter(({ kind }) => request.kind === "approved" || kind !== "parked");
  return interruption.status ?? statusOf(counted);
}

function resultText({ id, kind, by, base, tip, files, outcome }: ResultDecided): string {
  const rows = files.map(({ path, added, removed }) => [
    `  ${escapeTerminal(path)}`,
    added === undefined ? "binary" : `+${added} -${removed ?? 0}`,
  ]);
  const lines = [
    `${id} changes ${plural(files.length, "file")} (git diff ${base.slice(0, 12)} ${tip.slice(0, 12)}):`,
    ...(rows.length === 0 ? [] : [columns(rows)]),
    escapeTerminal(`Its result is ${kind} by ${by}.`),
    outcomeText(outcome),
  ];
  return `${lines.join("\n")}\n`;
}
