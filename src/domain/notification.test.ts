import { expect, test } from "vitest";
import type { ChantEvent } from "./event.ts";
import {
  NOTIFY_EVENTS,
  type Notification,
  notificationOf,
  notificationTitle,
  notifyWith,
} from "./notification.ts";

const at = 7;
const id = "001-x7m";

test.each<[ChantEvent, Notification | undefined]>([
  [
    { at, kind: "needs_attention", id, reason: "conflict in a" },
    { event: "needs_attention", at, spec: id, reason: "conflict in a" },
  ],
  [
    { at, kind: "failed", id, reason: "no commit" },
    { event: "failed", at, spec: id, reason: "no commit" },
  ],
  [{ at, kind: "failed", id, reason: "rate_limit", again: true }, undefined],
  [
    { at, kind: "landed", id, target: "main", commit: "fe12a90" },
    { event: "landed", at, spec: id },
  ],
  [
    { at, kind: "all_done", landed: 2, failed: 1, attention: 0 },
    { event: "all_done", at, reason: "2 landed, 1 failed" },
  ],
  [{ at, kind: "warning", message: "slow" }, undefined],
  [{ at, kind: "resuming", id }, undefined],
])("of %o a person is told %o", (event, notification) => {
  expect(notificationOf(event)).toEqual(notification);
});

const failed = (reason: string): ChantEvent => ({ at, kind: "failed", id, reason });

test("what an agent wrote is safe to print, and not endless", () => {
  expect(notificationOf(failed("\0\u001b[2Ja\nb"))?.reason).toBe(String.raw`\x00\x1b[2Ja\nb`);
  expect(notificationOf(failed("x".repeat(100_000)))?.reason).toHaveLength(1000);
});

test("each has a title", () => {
  const titles = NOTIFY_EVENTS.map((event) =>
    notificationTitle(event === "all_done" ? { event, at } : { event, at, spec: id }),
  );
  expect(titles).toEqual(["001-x7m needs attention", "001-x7m failed", "001-x7m landed", "all done"]);
});

test("--notify adds the desktop to whom the configuration names, --no-notify leaves all out", () => {
  const webhook = { url: "https://example.com/", events: NOTIFY_EVENTS };
  expect(notifyWith({ webhook }, undefined)).toEqual({ webhook });
  expect(notifyWith({ webhook }, true)).toEqual({ webhook, desktop: { events: NOTIFY_EVENTS } });
  expect(notifyWith({ desktop: { events: ["landed"] } }, true)).toEqual({ desktop: { events: ["landed"] } });
  expect(notifyWith({ webhook }, false)).toEqual({});
});
