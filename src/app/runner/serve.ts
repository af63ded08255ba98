import { writePlain } from "../../host/files.ts";
import { type LaunchTask, readTask, runnerLog } from "../engine/launch.ts";
import { runLaunch } from "./runner.ts";

/**
 * Does one launch after the other, until `next` knows of none any more. One that cannot be brought to its end ends this
 * process: the next runner goes on from the facts.
 */
export async function serveLaunches(
  first: LaunchTask,
  next: () => string | undefined | Promise<string | undefined>,
): Promise<void> {
  let task: LaunchTask | undefined = first;
  while (task !== undefined) {
    const { folder, launch } = task;
    try {
      await runLaunch(folder, launch);
    } catch (error) {
      // What this process prints goes to the first one's. A folder that is gone belonged to a run that was called off.
      if (task !== first) await writePlain(runnerLog(folder), `${detailsOf(error)}\n`).catch(() => undefined);
      throw error;
    }
    const line = await next();
    task = line === undefined ? undefined : readTask(line);
  }
}

const detailsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
