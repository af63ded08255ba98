/**
 * The permanent names of everything that chant refuses or fails at, each with its exit status.
 * A name is never reused or renamed; the words of a message may change at any time.
 * Exit statuses: 1 failed or refused, 2 misuse, 75 busy (try again), 130 interrupted.
 */
const EXIT_STATUS = {
  AGENT_FAILED: 1,
  AGENT_UNKNOWN: 1,
  APPROVAL_REFUSED: 1,
  ATTEMPT_UNKNOWN: 1,
  CHECK_FAILED: 1,
  COMMANDS_UNTRUSTED: 1,
  CONFIG_INVALID: 1,
  DEPENDENCY_CYCLE: 1,
  DETACHED_HEAD: 1,
  DISK_FULL: 1,
  EDITOR_FAILED: 1,
  EDITOR_MISSING: 1,
  FILE_REFUSED: 1,
  GIT_FAILED: 1,
  GIT_TOO_OLD: 1,
  INTERRUPTED: 130,
  LANDING_WAITS: 75,
  LOCK_BUSY: 75,
  NETWORK_FILESYSTEM: 1,
  NOTHING_ASKED: 1,
  NOT_A_REPOSITORY: 1,
  NOT_INITIALISED: 1,
  NO_COMMIT_YET: 1,
  NO_LOG_YET: 1,
  PARTIAL_CLONE: 1,
  REFTABLE: 1,
  SILENT_MIXED: 1,
  SNAPSHOT_UNKNOWN: 1,
  SPEC_AMBIGUOUS: 1,
  SPEC_BROKEN: 1,
  SPEC_BUSY: 75,
  SPEC_ID_INVALID: 1,
  SPEC_UNKNOWN: 1,
  STATUS_MOVE_REFUSED: 1,
  TEMPLATE_UNKNOWN: 1,
  USAGE: 2,
  WORKTREE_FAILED: 1,
} as const satisfies { readonly [code: string]: number };

/** The permanent name of one refusal or failure. */
export type ErrorCode = keyof typeof EXIT_STATUS;

/** All names, sorted. */
export const ERROR_CODES = Object.keys(EXIT_STATUS) as readonly ErrorCode[];

/** Returns the process exit status that goes with a name. */
export const exitStatusOf = (code: ErrorCode): number => EXIT_STATUS[code];

/** What a ChantError may carry besides its name and message. */
export interface ChantErrorOptions {
  /** What to do about it, naming the next command. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Overrides the status of the table, for example 143 for an interruption by SIGTERM. */
  readonly exitStatus?: number | undefined;
}

/**
 * A refusal or failure that a user can meet: what happened and why, with a hint at what to do next.
 * A fault of chant itself is a plain `Error` instead.
 */
export class ChantError extends Error {
  readonly code: ErrorCode;
  readonly hint?: string | undefined;
  readonly exitStatus: number;

  constructor(code: ErrorCode, message: string, options: ChantErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ChantError";
    this.code = code;
    this.hint = options.hint;
    this.exitStatus = options.exitStatus ?? exitStatusOf(code);
  }
}

/** Tells whether something thrown is a ChantError, of the given name if one is given. */
export const isChantError = (thrown: unknown, code?: ErrorCode): thrown is ChantError =>
  thrown instanceof ChantError && (code === undefined || thrown.code === code);
