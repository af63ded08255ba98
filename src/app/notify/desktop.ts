import { basename } from "node:path";
import { type Notification, notificationTitle } from "../../domain/notification.ts";
import { runGroup } from "../../host/run-group.ts";
import { deliveryOf } from "./command.ts";
import type { Deliver } from "./delivery-queue.ts";

export interface DesktopOptions {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly repository: string;
  readonly timeoutMs: number;
}

/** Tells by the program that each system has for it. */
export function desktop({ platform, env, repository, timeoutMs }: DesktopOptions): Deliver {
  return async (notification, signal) => {
    const call = callFor(platform, notification, repository);
    if (call === undefined) {
      return { kind: "impossible", problem: `there is no way to do it on ${platform}` };
    }
    const [file, ...args] = call;
    const end = await runGroup(file, args, { cwd: repository, env, timeoutMs, signal });
    return deliveryOf(end, file, timeoutMs);
  };
}

/** The texts are arguments of their own, never part of a script or of an option. */
function callFor(
  platform: NodeJS.Platform,
  notification: Notification,
  repository: string,
): readonly [string, ...string[]] | undefined {
  const title = `chant: ${notificationTitle(notification)}`;
  const body = [notification.reason, basename(repository)].filter((line) => line !== undefined).join("\n");
  if (platform === "linux") return ["notify-send", "--app-name=chant", "--", title, withoutMarkup(body)];
  if (platform !== "darwin") return undefined;
  const script = [
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
  ];
  return ["osascript", ...script.flatMap((line) => ["-e", line]), title, body];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const withoutMarkup = (text: string): string => text.replaceAll(/[&<>]/g, (found) => ENTITIES[found] ?? "");
