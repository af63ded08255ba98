import { notifyWith } from "../domain/notification.ts";
import { redactor } from "../domain/redact.ts";
import type { Engine } from "./engine/engine.ts";
import { Notifier } from "./notify.ts";

/** Returns who tells people of what an engine does: as configured, and as asked for on the command line. */
export function notifierOf({ config, repo, emit }: Engine, isWanted: boolean | undefined): Notifier {
  return new Notifier({
    config: notifyWith(config.notify, isWanted),
    repository: repo.home,
    env: process.env,
    warn: (message) => emit({ kind: "warning", message }),
    platform: process.platform,
    redact: redactor(config.redact.patterns, process.env),
  });
}
