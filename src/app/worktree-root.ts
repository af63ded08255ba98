import { ChantError, isChantError } from "../kit/errors.ts";
import { makeFolder } from "../host/files.ts";

/**
 * Makes the folder in which worktrees are made. Asked before anything starts: otherwise each spec would be started in turn,
 * only to wait for a person.
 * @throws ChantError WORKTREE_FAILED
 */
export async function requireWorktreeRoot(root: string): Promise<void> {
  try {
    await makeFolder(root);
  } catch (cause) {
    // That the disk is full is said in words of its own.
    if (isChantError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ChantError("WORKTREE_FAILED", `Worktrees cannot be made in ${root}: ${why}.`, {
      hint: "See who says that they go there: chant config show worktree.root. Nothing was started.",
      cause,
    });
  }
}
