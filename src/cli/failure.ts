import { isChantError } from "../kit/errors.ts";
import { escapeTerminal } from "../kit/text.ts";

/** What a person is told when a command fails, and the status that it ends with. */
export interface Failure {
  readonly message: string;
  readonly hint?: string;
  readonly exitStatus: number;
  /** For a fault of chant's own: what a maintainer needs. */
  readonly details?: string;
}

/** Where a bug was written down, and the status that goes with one. */
const BUG_STATUS = 70;

/** Turns whatever was thrown into words: a refusal as it is, trouble with the system in its words, the rest as a bug. */
export function failureOf(thrown: unknown): Failure {
  if (isChantError(thrown)) {
    const { message, hint, exitStatus } = thrown;
    return { message, exitStatus, ...(hint === undefined ? {} : { hint }) };
  }
  const system = systemTrouble(thrown);
  if (system !== undefined) return { ...system, exitStatus: 1 };
  const details = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { message: "internal error", exitStatus: BUG_STATUS, details };
}

const WHO = "See who owns it, and who may read and write there: ls -la FOLDER";

/** What the system says, and what a person can do about it. */
const WORDS: { readonly [code: string]: readonly [message: string, hint: string] } = {
  EACCES: ["Permission was denied", WHO],
  EPERM: ["That is not permitted", WHO],
  EROFS: [
    "The filesystem cannot be written to",
    "Mount it so that it can be written to, or work in a clone elsewhere.",
  ],
  ENOSPC: ["There is no space left", "Free some space, then try again. See how much there is: df -h"],
  EDQUOT: ["The disk quota is used up", "Free some space, then try again."],
  EMFILE: ["Too many files are open", "Raise the limit: ulimit -n 4096"],
  ENFILE: ["Too many files are open", "End some programs, then try again."],
  EEXIST: ["Something else is there already", "Move it away, then try again."],
  ENOTDIR: ["Something on the path is not a folder", "Put a folder in its place, then try again."],
  EISDIR: ["It is a folder", "Put a file in its place, then try again."],
  EIO: ["The disk reported an error", "Look after the disk: dmesg"],
  ELOOP: ["Too many links follow each other", "Mend the link, then try again."],
};

/** A file that cannot be read is no fault of chant's. */
function systemTrouble(thrown: unknown): Pick<Failure, "message" | "hint"> | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown) || typeof thrown.code !== "string") return undefined;
  const words = Object.hasOwn(WORDS, thrown.code) ? WORDS[thrown.code] : undefined;
  if (words === undefined) return undefined;
  const [message, hint] = words;
  const path = "path" in thrown && typeof thrown.path === "string" ? thrown.path : undefined;
  return {
    message: `${message}${path === undefined ? "" : `: ${path}`} (${thrown.code}).`,
    hint: hint.replace("FOLDER", () => folderOf(path)),
  };
}

/** Returns the folder of a path as a shell reads it: the path itself may be of a file that was never made. */
function folderOf(path: string | undefined): string {
  const folder = path?.replace(/\/[^/]*$/, "") ?? ".";
  const word = folder === "" ? "/" : folder;
  return /^[\w./@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const safe = (text: string): string => escapeTerminal(text, { keepLayout: true });

/** Returns a failure as lines for standard error. */
export function failureText(failure: Failure, detailsPlace: string | undefined, hasColor: boolean): string {
  const message = safe(failure.message);
  const lines = [hasColor ? `\u001b[1m\u001b[31m${message}\u001b[39m\u001b[22m` : message];
  if (failure.hint !== undefined) lines.push(`hint: ${safe(failure.hint)}`);
  if (failure.details !== undefined) {
    lines.push(
      detailsPlace === undefined
        ? "hint: Run it again with CHANT_DEBUG=1 to see the details."
        : `hint: The details are in ${detailsPlace}`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}
