import { escapeTerminal, truncate } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";
import type { NotifyConfig } from "./config.ts";
import type { ChantEvent } from "./event.ts";
import type { SpecId } from "./id.ts";
import { doneText } from "./watch-event.ts";

/** What a person can be told of while looking elsewhere. */
export const NOTIFY_EVENTS = ["needs_attention", "failed", "landed", "all_done"] as const;

export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** What is told, to every kind of notifier. Its texts are safe to print. */
export interface Notification {
  readonly event: NotifyEvent;
  /** Wall time in milliseconds since 1970 (UTC). */
  readonly at: number;
  readonly spec?: SpecId;
  readonly reason?: string;
}

/** The longest reason that is passed on, in cells: it goes through environments and onto desktops. */
const REASON_LIMIT = 1000;

/** Returns what a person is to be told about an event; undefined for what only the log tells. */
export function notificationOf(event: ChantEvent): Notification | undefined {
  const { at } = event;
  if (event.kind === "landed") return { event: "landed", at, spec: event.id };
  if (event.kind === "all_done") return { event: "all_done", at, reason: doneText(event) };
  if (event.kind === "waiting" && event.isForPerson === true && event.id !== undefined) {
    return { event: "needs_attention", at, spec: event.id, reason: safe(event.reason) };
  }
  if (event.kind === "needs_attention" || (event.kind === "failed" && event.again !== true)) {
    return { event: event.kind, at, spec: event.id, reason: safe(event.reason) };
  }
  return undefined;
}

/**
 * Returns who is told, by what was asked for on the command line: true adds the desktop, which then is told of
 * everything unless the configuration says of what; false leaves everybody out.
 */
export function notifyWith(config: NotifyConfig, isWanted: boolean | undefined): NotifyConfig {
  if (isWanted === undefined) return config;
  return isWanted ? { desktop: { events: NOTIFY_EVENTS }, ...config } : {};
}

const safe = (text: string): string => truncate(escapeTerminal(text), REASON_LIMIT);

/** Returns the one line that says what happened. */
export function notificationTitle({ event, spec = "" }: Notification): string {
  switch (event) {
    case "needs_attention":
      return `${spec} needs attention`;
    case "failed":
      return `${spec} failed`;
    case "landed":
      return `${spec} landed`;
    case "all_done":
      return "all done";
    default:
      return unreachable(event);
  }
}
