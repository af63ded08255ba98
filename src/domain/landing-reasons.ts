const SHOWN = 8;

/** `refs/heads/main` as people say it. */
const branchName = (target: string): string => target.replace(/^refs\/heads\//, "");

/**
 * Says of a run whose work and what its target got meanwhile do not go together why that is, as a clause. Its agent is
 * told the same when it goes on, and sees its own branch only. `target` is a ref.
 */
export function conflictReason(target: string, files: readonly string[]): string {
  const branch = branchName(target);
  const more = files.length - SHOWN;
  const named = files.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `its work conflicts with ${branch} in ${named} (to solve that in its worktree: git merge ${branch})`;
}

/** Says of a run that its spec has got a criterion on the target of which its agent does not know, as a clause. */
export const addedReason = (text: string, target?: string): string =>
  `a criterion was added meanwhile and is not ticked: ${JSON.stringify(text)}${
    target === undefined ? "" : ` (to have it in its worktree: git merge ${branchName(target)})`
  }`;
