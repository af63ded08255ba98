import { join } from "node:path";
import { statIfExists, writePlain } from "../../host/files.ts";
import { setUpVariables } from "../runner/set-up.ts";
import { untrustedAmong } from "./command-trust.ts";
import type { Engine } from "./engine.ts";
import type { RunRecord } from "./record.ts";
import { commandEndText, endLeftCommand, runCommand } from "./run-command.ts";

/** What is to be taken down has this long, in milliseconds: whoever clears up waits for it. */
const LIMIT_MS = 10 * 60_000;

/**
 * Runs the commands that take down what belongs to a worktree, such as a database, before it is removed. One that fails
 * holds nothing up, and is told of. After a kill all of them run again.
 * @param folder the run's files
 */
export async function tearDown(
  { config, places, repo, self, emit }: Engine,
  record: RunRecord & { readonly worktree: string },
  folder: string,
): Promise<void> {
  const { teardown } = config.worktree;
  const { id, run, launch, worktree, branch, ports = [] } = record;
  const done = join(folder, "torn-down");
  if (teardown.length === 0 || launch === 0 || (await statIfExists(done)) !== undefined) return;
  const warn = (message: string): void => emit({ kind: "warning", id, message });
  const untrusted = await untrustedAmong(places, teardown);
  const outputFile = join(folder, "tear-down.log");
  await endLeftCommand(outputFile, run);
  const env = setUpVariables({ id, branch, repo, ports, worktree, binFolder: self.binFolder });
  for (const command of teardown) {
    if (untrusted.includes(command)) {
      warn(`${JSON.stringify(command)} was not run: nobody has let it (chant trust commands)`);
      continue;
    }
    const { end, tail } = await runCommand({
      command,
      cwd: worktree,
      env,
      token: run,
      timeoutMs: LIMIT_MS,
      outputFile,
      signal: new AbortController().signal,
    });
    if (end.kind === "passed") continue;
    const last = tail.findLast((line) => line.trim() !== "");
    warn(
      `taking down its worktree: ${JSON.stringify(command)} ${commandEndText(end)}${last === undefined ? "" : `: ${last.trim()}`}`,
    );
  }
  await writePlain(done, "");
}
