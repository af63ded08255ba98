import { type Redact, redactor } from "../../domain/redact.ts";
import type { Launch, LaunchEnd } from "../engine/launch.ts";

/** Returns what takes secrets out of what a launch's agent says: it may know all that this process does. */
export const redactorOf = ({ redact = [], agent }: Launch): Redact =>
  redactor(redact, { ...process.env, ...agent.env });

/** Takes secrets out of the words that an end has in it: they go into commits, the journal and notifications. */
export function withoutSecrets(end: LaunchEnd, redact: Redact): LaunchEnd {
  const { agent, verdict, errorText, output } = end;
  return {
    ...end,
    agent: "error" in agent ? { ...agent, error: redact(agent.error) } : agent,
    verdict: verdict.kind === "done" ? verdict : { ...verdict, reason: redact(verdict.reason) },
    ...(errorText === undefined ? {} : { errorText: redact(errorText) }),
    ...(output === undefined ? {} : { output: redact(output) }),
  };
}
