import { isAbsolute } from "node:path";
import { type GroupEnd, runGroup } from "../host/run-group.ts";

/**
 * Tells whether an agent's program is somebody's own script, which may take any call for a call to work: it is looked
 * for, and not asked.
 */
export const isOwnScript = (provider: string, program: string): boolean =>
  program.includes("/") && (provider === "command" || !isAbsolute(program));

/**
 * Asks a program for its version; whatever it does, it is over within the limit. What it said last is the version. The
 * shell ends with 127 where it is not found, and with 126 where it may not be started.
 */
export const askVersion = (program: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<GroupEnd> =>
  runGroup("/bin/sh", ["-c", '"$@" 1>&2', "sh", program, "--version"], {
    // Away from the repository: whatever it is, it finds nothing to work on.
    cwd: "/",
    env,
    timeoutMs: limitMs,
    signal: new AbortController().signal,
  });
