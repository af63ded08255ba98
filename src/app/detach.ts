import { join } from "node:path";
import { makeFolder } from "../host/files.ts";
import { ownProgram } from "../host/own-program.ts";
import { makeLogRoom } from "../host/rotating-log.ts";
import { spawnDetached } from "../host/spawn.ts";
import { requireId, requireInitialised, type Workspace } from "./workspace.ts";

/** Tells a `work` that it has no terminal because it was started in the background. */
export const DETACHED = "CHANT_DETACHED";

/**
 * Starts `chant work` again in a session of its own, its output appended to `.chant/logs/work.log`.
 * @param ids what it is asked for: checked here, where a person still sees what is wrong
 * @param args the words behind `work`
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS
 */
export async function workDetached(
  workspace: Workspace,
  ids: readonly string[],
  args: readonly string[],
): Promise<{ readonly pid: number; readonly log: string }> {
  await requireInitialised(workspace);
  for (const partial of ids) await requireId(workspace, partial);
  const { places, repo } = workspace;
  const log = join(places.logs, "work.log");
  await makeFolder(places.logs);
  makeLogRoom(log, 0);
  const [program, ...before] = (await ownProgram()).argv;
  const { pid } = await spawnDetached(program, [...before, "work", ...args], {
    cwd: repo.home,
    env: { ...process.env, [DETACHED]: "1" },
    outputFile: log,
  });
  return { pid, log };
}
