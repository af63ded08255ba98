import type { Notification } from "../../domain/notification.ts";

/** What a webhook and a command are given, as JSON. Its version changes when a key goes or means something else. */
interface Payload {
  readonly version: 1;
  readonly event: string;
  /** After RFC 3339, UTC. */
  readonly at: string;
  readonly spec?: string;
  readonly reason?: string;
  /** The path of the checkout. */
  readonly repository: string;
}

export const payloadOf = ({ at, ...told }: Notification, repository: string): Payload => ({
  version: 1,
  ...told,
  at: new Date(at).toISOString(),
  repository,
});
