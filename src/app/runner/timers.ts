import type { Clock } from "../../kit/clock.ts";
import type { AgentEnd } from "../../domain/judge.ts";
import type { Launch } from "../engine/launch.ts";
import type { RunningAgent } from "./agent-process.ts";
import type { Transcript } from "./transcript.ts";

/** How often the timers are looked at, in milliseconds. */
const LOOK_MS = 1_000;

/** Why chant ends an agent. */
export type Cut = Extract<AgentEnd, { readonly kind: "stalled" | "timed_out" }>;

/** Waits until the agent is gone, or returns why it has to be ended: no output for too long, or too long in all. */
export async function waitForAgent(
  running: RunningAgent,
  transcript: Transcript,
  limits: Pick<Launch, "stallMs" | "timeoutMs">,
  clock: Clock,
): Promise<Cut | undefined> {
  const startedMs = clock.monotonicMs();
  let timer: NodeJS.Timeout | undefined;
  const cut = new Promise<Cut>((resolve) => {
    timer = setInterval(() => {
      const nowMs = clock.monotonicMs();
      if (limits.timeoutMs > 0 && nowMs - startedMs > limits.timeoutMs) {
        resolve({ kind: "timed_out", minutes: limits.timeoutMs / 60_000 });
      } else if (
        limits.stallMs > 0 &&
        nowMs - Math.max(startedMs, transcript.lastOutputMs) > limits.stallMs
      ) {
        resolve({ kind: "stalled", minutes: limits.stallMs / 60_000 });
      }
    }, LOOK_MS);
  });
  try {
    return await Promise.race([running.gone.then(() => undefined), cut]);
  } finally {
    clearInterval(timer);
  }
}
