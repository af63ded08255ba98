/** What a person can be told of while looking elsewhere. */
export const NOTIFY_EVENTS = ["needs_attention", "failed", "landed", "all_done"] as const;

export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];
