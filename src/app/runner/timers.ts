import type { Clock } from "../../kit/clock.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import type { Launch } from "../engine/launch.ts";
import type { RunningAgent } from "./agent-process.ts";
import type { Transcript } from "./transcript.ts";

/** How often the timers are looked at, in milliseconds. */
const LOOK_MS = 1_000;

/** An agent that has said that it is done gets so long to end by itself, in milliseconds. */
const DONE_GRACE_MS = 2_000;

/** A worktree that cannot be looked at, as while an agent moves it about, says nothing now. */
const unseen = (): undefined => undefined;

/** Why chant ends an agent. */
export type Cut =
  | Extract<AgentEnd, { readonly kind: "stalled" | "timed_out" | "over_budget" }>
  /** Its status file says done, and it does not go. */
  | { readonly kind: "said_done" };

/**
 * Waits until the agent is gone, or returns why it has to be ended: no output for too long, too long in all, its run's
 * budget used up, or done by its own word and still there.
 * @param ranMs how long it had run already, in milliseconds: an earlier runner may have started it
 */
export async function waitForAgent(
  running: RunningAgent,
  transcript: Pick<Transcript, "lastOutputMs">,
  limits: Pick<Launch, "stallMs" | "timeoutMs">,
  hasSaidDone: () => Promise<boolean>,
  clock: Clock,
  overBudget: () => Promise<string | undefined> = async () => undefined,
  ranMs = 0,
): Promise<Cut | undefined> {
  const startedMs = clock.monotonicMs();
  let saidMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const cut = new Promise<Cut>((resolve) => {
    timer = setInterval(() => {
      const nowMs = clock.monotonicMs();
      if (limits.timeoutMs > 0 && ranMs + nowMs - startedMs > limits.timeoutMs) {
        resolve({ kind: "timed_out", minutes: limits.timeoutMs / 60_000 });
      } else if (
        limits.stallMs > 0 &&
        nowMs - Math.max(startedMs, transcript.lastOutputMs) > limits.stallMs
      ) {
        resolve({ kind: "stalled", minutes: limits.stallMs / 60_000 });
      } else if (saidMs !== undefined && nowMs - saidMs > DONE_GRACE_MS) {
        resolve({ kind: "said_done" });
      }
      void overBudget()
        .catch(unseen)
        .then((reason) => {
          if (reason !== undefined) resolve({ kind: "over_budget", reason });
        });
      if (saidMs === undefined) {
        void hasSaidDone()
          .catch(unseen)
          .then((isDone) => {
            if (isDone === true) saidMs = clock.monotonicMs();
          });
      }
    }, LOOK_MS);
  });
  try {
    return await Promise.race([running.gone.then(() => undefined), cut]);
  } finally {
    clearInterval(timer);
  }
}
