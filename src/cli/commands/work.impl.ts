import { requirePerson } from "../../app/decide.ts";
import { NO_WATCH, startWatch, type WatchStart } from "../../app/start-watch.ts";
import type { ChantEvent } from "../../domain/event.ts";
import { DETACHED, workDetached } from "../../app/detach.ts";
import { countWork, liveRuns } from "../../app/live-runs.ts";
import { work } from "../../app/work.ts";
import { letRun, untrustedCommands } from "../../app/trust.ts";
import { openWorkspace, requireIds, type Workspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { lineProgress, liveProgress, type Progress } from "../progress.ts";
import { summaryText } from "../summary-text.ts";
import { canAsk, commandLines, isYes } from "../trust-text.ts";
import { skipsApproval, slotsOf, workWords } from "../work-flags.ts";
import type { WorkFlags } from "./work.ts";

export async function run(context: Context, flags: WorkFlags, ...partials: string[]): Promise<number> {
  const workspace = await openWorkspace(context.cwd, context.env);
  // Before anything is made ready, and before it goes into the background, where nobody reads what it refuses.
  const ids = await requireIds(workspace, partials);
  const slots = slotsOf(flags);
  const skipApproval = skipsApproval(flags, ids);
  if (skipApproval) requirePerson(context.env);
  await askForTrust(context, workspace, flags, ids);
  if (flags.detach === true) return runDetached(context, workspace, flags, ids);
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
    skipApproval,
    wait: flags.noWait !== true,
    allowNetworkFilesystem: flags.allowNetworkFs === true,
    signal: interruption.signal,
    ...(slots === undefined ? {} : { slots }),
    ...(flags.notify === undefined ? {} : { notify: flags.notify }),
    ...(flags.label === undefined ? {} : { label: flags.label }),
    ...(flags.agent === undefined ? {} : { agent: flags.agent }),
    ...(flags.prompt === undefined ? {} : { prompt: flags.prompt }),
    ...(isPatient ? {} : { landingWaitMs: 0 }),
  };
  const watched = new WatchStarter(context, workspace, flags, progress);
  try {
    const summary = await work(workspace, request, (event) => {
      watched.note(event);
      if (isJson) printJson(context, event);
      else progress.note(event);
    });
    await watched.settled;
    await progress[Symbol.asyncDispose]();
    if (isJson) printJson(context, { kind: "result", ...summary });
    else context.terminal.out(summaryText(summary));
    return interruption.status ?? summary.exitStatus;
  } finally {
    await progress[Symbol.asyncDispose]();
  }
}

/** Starts a watch with the first thing that happens: a `work` that is refused, or finds nothing to do, needs none. */
class WatchStarter {
  readonly #start: (() => Promise<void>) | undefined;
  readonly #say: Progress["say"];
  settled: Promise<void> | undefined;

  constructor({ env, version }: Context, workspace: Workspace, flags: WorkFlags, progress: Progress) {
    const say = (line: string): void => progress.say(line);
    const isOff = flags.noWatch === true || !["", "0"].includes(env[NO_WATCH] ?? "");
    const options = flags.notify === undefined ? {} : { notify: flags.notify };
    this.#start = isOff
      ? undefined
      : async () => tellOfWatch(await startWatch(workspace, await version(), options), say);
    this.#say = say;
  }

  note(event: ChantEvent): void {
    if (event.kind === "warning" || event.kind === "summary" || this.settled !== undefined) return;
    this.settled = this.#start?.().catch((error: unknown) => {
      // Without one the runs are in the hands of this command alone.
      const words = error instanceof Error ? error.message : String(error);
      this.#say(`No watch was started: ${words}`);
    });
  }
}

function tellOfWatch(start: WatchStart, say: (line: string) => void): void {
  if (start.kind === "newer") {
    say(`A watch of the newer chant ${start.version} runs here (process ${start.pid}), and is left alone.`);
  }
  if (start.kind === "started" && start.replaced !== undefined) {
    const { version, pid } = start.replaced;
    say(`The watch of chant ${version} (process ${pid}) was replaced by process ${start.pid}.`);
  }
}

/** Asks once, before anything starts; what is not trusted then is not started. */
async function askForTrust(
  context: Context,
  workspace: Workspace,
  { label, yes, json }: WorkFlags,
  ids: readonly string[],
): Promise<void> {
  if (yes === true) requirePerson(context.env, "Trust");
  const commands = await untrustedCommands(workspace, { ids, label, isOpen: true });
  if (commands.length === 0) return;
  if (yes !== true) {
    if (!canAsk(context, json === true)) return;
    context.terminal.err(`These commands would run with your rights:\n`);
    context.terminal.err(commandLines(commands));
    if (!isYes(context, "Let them run?")) return;
  }
  await letRun(workspace, commands);
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
