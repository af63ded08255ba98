/** How bad something is: `broken` keeps chant from working right, a warning may cost somebody something one day. */
export type CheckLevel = "ok" | "info" | "warning" | "broken";

/** What one look at the machine or the repository found. */
export interface Check {
  /** Permanent; several findings may have the same. */
  readonly name: string;
  readonly level: CheckLevel;
  readonly message: string;
  /** The command that mends it, or what to do. */
  readonly mend?: string;
}

/** Makes a finding; `mend` is left out where there is nothing to mend. */
export const checkOf = (name: string, level: CheckLevel, message: string, mend?: string): Check => ({
  name,
  level,
  message,
  ...(mend === undefined ? {} : { mend }),
});
