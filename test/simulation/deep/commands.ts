import { cancel } from "../../../src/app/cancel.ts";
import { finalize, merge } from "../../../src/app/finalize.ts";
import { reset } from "../../../src/app/reset.ts";
import { resume } from "../../../src/app/resume.ts";
import { serveLaunches } from "../../../src/app/runner/serve.ts";
import { watch } from "../../../src/app/watch.ts";
import { work } from "../../../src/app/work.ts";
import { openWorkspace, type Workspace } from "../../../src/app/workspace.ts";
import type { ChantEvent } from "../../../src/domain/event.ts";
import { isChantError } from "../../../src/kit/errors.ts";
import { diskFaultIn } from "./disk.ts";
import { Killed, type Machine, type SimProcess, type Tasks } from "./machine.ts";

export const HOME = "/r";

type Say = (event: ChantEvent) => void;
type Command = (workspace: Workspace, say: Say, signal: AbortSignal) => Promise<unknown>;

/** Runs a command of chant's as a process. A refusal is an answer; any other error is a fault of chant's. */
function startCommand(machine: Machine, name: string, command: Command): SimProcess {
  return machine.start("chant", name, async () => {
    try {
      const workspace = await openWorkspace(HOME, {});
      await command(workspace, (event) => void machine.events.push(event), new AbortController().signal);
      return 0;
    } catch (error) {
      if (error instanceof Killed) throw error;
      // That there is no space is an answer as well; a disk that fails for no reason may be told as it comes.
      const isOfDisk = diskFaultIn(error)?.code === "EIO";
      if (!isChantError(error) && !isOfDisk) throw new Error(`${name}: ${String(error)}`, { cause: error });
      machine.refusals.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  });
}

export const startWork = (machine: Machine): SimProcess =>
  startCommand(machine, "work", ({ repo }, say, signal) =>
    work(
      { repo },
      { ids: [], isChain: false, keepGoing: false, wait: true, signal, landingWaitMs: 5_000 },
      say,
    ),
  );

export const startWatch = (machine: Machine, isOnce = false): SimProcess =>
  startCommand(machine, "watch", (workspace, say, signal) =>
    watch(workspace, { isOnce, version: "0.0.0", signal }, say),
  );

/** What a person may decide about a spec. */
export const DECISIONS: Readonly<Record<string, (machine: Machine, id: string) => SimProcess>> = {
  reset: (machine, id) => startCommand(machine, `reset ${id}`, (workspace, say) => reset(workspace, id, say)),
  cancel: (machine, id) =>
    startCommand(machine, `cancel ${id}`, (workspace, say) =>
      cancel(workspace, [id], { isDelete: false, isCascade: false, isDryRun: false }, () => true, say),
    ),
  resume: (machine, id) =>
    startCommand(machine, `resume ${id}`, (workspace, say, signal) =>
      resume(workspace, [id], { isWork: false, signal }, say),
    ),
  finalize: (machine, id) =>
    startCommand(machine, `finalize ${id}`, (workspace, say) =>
      finalize(workspace, id, machine.chance(0.5), say),
    ),
  merge: (machine) => startCommand(machine, "merge", (workspace, say) => merge(workspace, [], say)),
};

/** What `chant __runner FOLDER N --stay` does. */
export const startRunner = (
  machine: Machine,
  [folder = "", number = ""]: readonly string[],
  { next }: Tasks,
): SimProcess =>
  machine.start("chant", "runner", async () => {
    try {
      await serveLaunches({ folder, launch: Number(number) }, next);
      return 0;
    } catch (error) {
      if (error instanceof Killed) throw error;
      // As in a real one: it ends without an end file, and the next launch goes on from the facts.
      machine.refusals.push(
        `runner: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      return 70;
    }
  });
