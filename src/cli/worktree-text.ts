import type { WorktreeStatus } from "../app/worktrees.ts";
import { escapeTerminal, plural } from "../kit/text.ts";

const SHOWN = 10;

/** Says of a worktree whose it is, where, and what it holds. */
export function worktreeLines(worktree: WorktreeStatus): readonly string[] {
  const { id, path, isThere, branch, target, state, agent, attempt, ports } = worktree;
  const { commits, uncommitted, takenOver } = worktree;
  const who =
    takenOver === undefined ? `${state}, ${agent}, attempt ${attempt}` : `taken over by ${takenOver}`;
  const more = uncommitted.length - SHOWN;
  return [
    `${id}  ${escapeTerminal(who)}`,
    `  ${escapeTerminal(path)}${isThere ? "" : " is gone"}`,
    `  ${branch}, for ${target}: ${plural(commits, "commit")}, ${plural(uncommitted.length, "path")} not committed`,
    ...uncommitted.slice(0, SHOWN).map((each) => `    ${escapeTerminal(each)}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...(ports.length === 0 ? [] : [`  ports ${ports.join(", ")}`]),
  ];
}
