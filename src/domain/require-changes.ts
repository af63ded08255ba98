import type { Config } from "./config.ts";

/** Tells whether `judge.require_changes` holds for specs of a type. */
export function requiresChanges(config: Config, type: string): boolean {
  const { requireChanges } = config.judge;
  return typeof requireChanges === "boolean"
    ? requireChanges
    : requireChanges.some((required) => required === type);
}
