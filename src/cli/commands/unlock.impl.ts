import { type Unlocked, unlock } from "../../app/unlock.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { escapeTerminal, formatDuration } from "../../kit/text.ts";
import type { Context } from "../context.ts";
import { tell } from "../outcomes.ts";
import type { UnlockFlags } from "./unlock.ts";

export async function run(context: Context, flags: UnlockFlags, partial: string): Promise<void> {
  const done = await unlock(await openWorkspace(context.cwd, context.env), partial, {
    onWatch: ({ pid, host }, watchMs) =>
      context.terminal.err(
        `Looking for ${formatDuration(watchMs)} whether process ${pid} on ${escapeTerminal(host)} gives a sign of life...\n`,
      ),
  });
  tell(context, flags.json, done, escapeTerminal(text(done)));
}

function text({ id, lock, hasRun }: Unlocked): string {
  const goesOn = hasRun ? " Its run goes on with the watch, or the next chant work." : "";
  if (lock === undefined) return `${id} has no lock.${goesOn}`;
  const host = lock.host === undefined ? "" : ` on ${lock.host}`;
  const since = lock.since === undefined ? "" : ` since ${lock.since}`;
  return `${id} was locked${since} by process ${lock.pid}${host}, which is gone; the lock is removed.${goesOn}`;
}
