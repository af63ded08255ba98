import { DETACHED, workDetached } from "../../app/detach.ts";
import { countWork, liveRuns } from "../../app/live-runs.ts";
import { work } from "../../app/work.ts";
import { openWorkspace, requireInitialised, type Workspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { lineProgress, liveProgress, type Progress } from "../progress.ts";
import { summaryText } from "../summary-text.ts";
import { slotsOf, workWords } from "../work-flags.ts";
import type { WorkFlags } from "./work.ts";

export async function run(context: Context, flags: WorkFlags, ...ids: string[]): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const slots = slotsOf(flags);
  if (flags.detach === true) return runDetached(context, workspace, flags, ids);
  await requireInitialised(workspace);
  const isJson = flags.json === true;
  const isPatient = context.terminal.isTerminal(2) || context.env[DETACHED] !== undefined;
  const progress = await progressFor(context, workspace, flags, ids);
  using interruption = context.interruption(() => {
    progress.say("Leaving: the agents go on. Carry on with them: chant work (Ctrl-C again leaves at once).");
  });
  const request = {
    ids,
    isChain: flags.chain === true,
    keepGoing: flags.keepGoing === true,
    wait: flags.noWait !== true,
    allowNetworkFilesystem: flags.allowNetworkFs === true,
    signal: interruption.signal,
    ...(slots === undefined ? {} : { slots }),
    ...(flags.label === undefined ? {} : { label: flags.label }),
    ...(flags.agent === undefined ? {} : { agent: flags.agent }),
    ...(isPatient ? {} : { landingWaitMs: 0 }),
  };
  try {
    const summary = await work(workspace, request, (event) => {
      if (isJson) printJson(context, event);
      else progress.note(event);
    });
    await progress[Symbol.asyncDispose]();
    if (isJson) printJson(context, { kind: "result", ...summary });
    else context.terminal.out(summaryText(summary));
    return interruption.status ?? summary.exitStatus;
  } finally {
    await progress[Symbol.asyncDispose]();
  }
}

async function progressFor(
  { terminal, clock, env }: Context,
  workspace: Workspace,
  flags: WorkFlags,
  ids: readonly string[],
): Promise<Progress> {
  const isLive = flags.json !== true && terminal.isTerminal(2);
  if (!isLive) return lineProgress(terminal, env[DETACHED] !== undefined);
  const total = await countWork(workspace, { ids, label: flags.label });
  return liveProgress({ terminal, clock, total, readRuns: () => liveRuns(workspace) });
}

async function runDetached(
  context: Context,
  workspace: Workspace,
  flags: WorkFlags,
  ids: readonly string[],
): Promise<number> {
  const { pid, log } = await workDetached(workspace, ids, workWords(flags, ids));
  if (flags.json === true) {
    printJson(context, { pid, log });
    return 0;
  }
  context.terminal.out(`${pid}\n`);
  context.terminal.err(`chant works in the background as process ${pid}.\nhint: Follow it: tail -f ${log}\n`);
  return 0;
}
