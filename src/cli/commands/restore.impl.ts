import { resolveLost, restore } from "../../app/restore.ts";
import { type KeptWork, restoreSnapshot, snapshotsOf } from "../../app/snapshots.ts";
import { openWorkspace, type Workspace } from "../../app/workspace.ts";
import { ChantError } from "../../kit/errors.ts";
import { columns, escapeTerminal, plural } from "../../kit/text.ts";
import { type Context, printJson } from "../context.ts";
import { eventTeller, tell } from "../outcomes.ts";
import type { RestoreFlags } from "./restore.ts";

export async function run(context: Context, flags: RestoreFlags, partial: string): Promise<void> {
  requireSense(flags);
  const workspace = await openWorkspace(context.cwd, context.env);
  if (flags.list === true) return list(context, flags, workspace, partial);
  const isDryRun = flags.dryRun === true;
  const nothing = isDryRun ? " Nothing was changed." : "";
  const is = isDryRun ? "would be" : "is";
  if (flags.snapshot === undefined) {
    const done = await restore(workspace, partial, isDryRun, eventTeller(context));
    const back = done.from === "cancelled" ? "" : "back, and ";
    return tell(
      context,
      flags.json,
      { ...done, isDryRun },
      `${done.id} ${is} ${back}${done.status}.${nothing}`,
    );
  }
  const id = await resolveLost(workspace, partial);
  const { snapshot, to } = flags;
  const done = await restoreSnapshot(workspace, id, {
    snapshot,
    isDryRun,
    ...(to === undefined ? {} : { to }),
  });
  const sentence = `The snapshot of ${done.snapshot.time} ${is} on the new branch ${done.branch}.${nothing}`;
  tell(context, flags.json, { ...done, isDryRun }, escapeTerminal(sentence));
}

function requireSense({ list: isList, snapshot, to, dryRun }: RestoreFlags): void {
  const wrong =
    isList === true && (snapshot !== undefined || dryRun === true)
      ? "--list only shows: it goes with none of the others."
      : to !== undefined && snapshot === undefined
        ? "--to names the branch for a snapshot: say which, with --snapshot TIME."
        : undefined;
  if (wrong !== undefined) throw new ChantError("USAGE", wrong, { hint: "See: chant restore --help" });
}

async function list(
  context: Context,
  flags: RestoreFlags,
  workspace: Workspace,
  partial: string,
): Promise<void> {
  const id = await resolveLost(workspace, partial);
  const snapshots = await snapshotsOf(workspace, id);
  if (flags.json === true) return printJson(context, { id, snapshots });
  if (snapshots.length === 0) {
    context.terminal.err(`There is no snapshot of ${id}.\n`);
    return;
  }
  context.terminal.out(`${columns(snapshots.map(row))}\n`);
}

const row = ({ time, files, commit, reason }: KeptWork): readonly string[] => [
  time,
  plural(files, "file"),
  commit.slice(0, 12),
  escapeTerminal(reason),
];
