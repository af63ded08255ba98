import { type GroupEnd, runGroup } from "../../host/run-group.ts";
import type { Deliver, Delivery } from "./delivery-queue.ts";
import { payloadOf } from "./payload.ts";
import { unreachable } from "../../kit/unreachable.ts";

export interface CommandOptions {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The path of the checkout, where it runs. */
  readonly repository: string;
  readonly timeoutMs: number;
}

/** Tells by a program of the user's: the event as JSON on its standard input, and in its environment. */
export function command({ argv, env, repository, timeoutMs }: CommandOptions): Deliver {
  const [file = "", ...args] = argv;
  return async (notification, signal) => {
    const { event, spec, reason } = notification;
    const told = { CHANT_EVENT: event, CHANT_SPEC_ID: spec, CHANT_REASON: reason };
    const input = `${JSON.stringify(payloadOf(notification, repository))}\n`;
    const end = await runGroup(file, args, {
      cwd: repository,
      env: { ...env, ...told },
      input,
      timeoutMs,
      signal,
    });
    return deliveryOf(end, file, timeoutMs);
  };
}

/** Says what the end of a program that was to tell something means. */
export function deliveryOf(end: GroupEnd, file: string, timeoutMs: number): Delivery {
  switch (end.kind) {
    case "exited":
      if (end.status === 0) return { kind: "told" };
      return { kind: "failed", problem: `${file} exited with status ${end.status}${quoted(end.said)}` };
    case "signalled":
      return { kind: "failed", problem: `${file} was ended by ${end.signal}${quoted(end.said)}` };
    case "killed":
      return {
        kind: "failed",
        problem: `${file} was stopped${end.isLate ? ` after ${timeoutMs / 1000} s` : ""}`,
      };
    case "not_started":
      if (end.isMissing) return { kind: "impossible", problem: `${file} was not found` };
      return { kind: "failed", problem: `${file} could not be started: ${end.problem}` };
    default:
      return unreachable(end);
  }
}

const quoted = (said: string): string => (said === "" ? "" : `: ${said}`);
