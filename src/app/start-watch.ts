import { join } from "node:path";
import { logLine } from "../domain/event.ts";
import { compareVersions } from "../domain/version.ts";
import { systemClock } from "../host/clock.ts";
import { makeFolder } from "../host/files.ts";
import { ownProgram } from "../host/own-program.ts";
import { spawnDetached } from "../host/spawn.ts";
import { requireConfig } from "../store/config.ts";
import { readPidFile } from "../store/pid-file.ts";
import { pidFileOf, watchLog } from "./watch.ts";
import { stopWatch } from "./watch-control.ts";
import type { Workspace } from "./workspace.ts";

/** With anything but nothing or 0 in it, `work` starts no watch, as with `--no-watch`. */
export const NO_WATCH = "CHANT_NO_WATCH";

export type WatchStart =
  /** The configuration does not want one. */
  | { readonly kind: "off" }
  | { readonly kind: "running"; readonly pid: number }
  /** A newer chant watches already: it is left alone. */
  | { readonly kind: "newer"; readonly pid: number; readonly version: string }
  /** `replaced`: the older watch that was ended for it. */
  | {
      readonly kind: "started";
      readonly pid: number;
      readonly replaced?: { readonly pid: number; readonly version: string };
    };

/**
 * Sees to it that a watch runs, in the background and in a session of its own, of this version or a newer one.
 * @throws ChantError LOCK_BUSY when an older one does not end
 */
export async function startWatch(
  workspace: Workspace,
  version: string,
  options: { readonly notify?: boolean } = {},
): Promise<WatchStart> {
  const { places, repo } = workspace;
  const words = options.notify === undefined ? [] : [options.notify ? "--notify" : "--no-notify"];
  const { config } = await requireConfig(places);
  if (!config.work.watch) return { kind: "off" };
  const file = await readPidFile(pidFileOf(places), repo.commonDir);
  if (file.kind !== "running") return { kind: "started", pid: await spawnWatch(workspace, words) };
  const { pid } = file.watch.identity;
  const age = compareVersions(file.watch.version, version);
  if (age === 0) return { kind: "running", pid };
  if (age > 0) return { kind: "newer", pid, version: file.watch.version };
  await stopWatch(workspace);
  watchLog(places).append(logLine({ kind: "handed_over", version, at: systemClock.nowMs() }));
  return {
    kind: "started",
    pid: await spawnWatch(workspace, words),
    replaced: { pid, version: file.watch.version },
  };
}

async function spawnWatch({ places, repo }: Workspace, words: readonly string[]): Promise<number> {
  await makeFolder(places.logs);
  const [program, ...before] = (await ownProgram()).argv;
  const { pid } = await spawnDetached(program, [...before, "watch", ...words], {
    cwd: repo.home,
    env: watchEnvironment(process.env),
    // It writes its own log; only what it could not say there is kept.
    outputFile: "/dev/null",
    errorFile: join(places.logs, "watch.err"),
  });
  return pid;
}

/** Started inside of an agent, it is not that agent's: nothing of the run may name it, or it would end with the run. */
const watchEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^CHANT_(?!TEST_|DEBUG$)/.test(name)));
