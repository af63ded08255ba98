import type { SpecId } from "../../domain/id.ts";
import type { Session } from "../engine/session.ts";

export const KINDS = ["worktree", "branch", "lock", "snapshot", "log", "program", "stray"] as const;

export type CleanupKind = (typeof KINDS)[number];

/** Something that is no longer needed, or looks so. */
export interface Finding {
  readonly kind: CleanupKind;
  /** A path, or the full name of a ref. */
  readonly name: string;
  readonly id?: SpecId;
  readonly bytes?: number;
  /** Why it is listed, in words without a period. */
  readonly why: string;
  /** `keep`: a snapshot comes first, where it holds what stands nowhere else. `leave`: only listed. */
  readonly what: "remove" | "keep" | "pack" | "leave";
}

/** A finding, and how to carry it out. It looks again first, may be done again, and returns false where it did nothing. */
export interface CleanupStep extends Finding {
  readonly apply?: (session: Session) => Promise<boolean>;
}
