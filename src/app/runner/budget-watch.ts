import { join } from "node:path";
import type { LaunchReport } from "../../domain/agent-report.ts";
import { overRunBudget } from "../../domain/budget.ts";
import { statIfExists } from "../../host/files.ts";
import type { Launch } from "../engine/launch.ts";
import type { Transcript } from "./transcript.ts";

/** A commit that takes longer than this was left half done, in milliseconds. */
const COMMIT_LIMIT_MS = 30_000;

/**
 * Returns what says, while an agent works, that its run has used up its budget: once no commit is being made any more.
 * What only the end of an agent tells, such as a cost, is looked at then.
 */
export function budgetWatch(
  launch: Launch,
  transcript: Pick<Transcript, "used">,
  nowMs: () => number,
): () => Promise<string | undefined> {
  const { budget } = launch;
  if (budget === undefined || (budget.runUsd === 0 && budget.runTokens === 0)) return async () => undefined;
  let overSinceMs: number | undefined;
  return async () => {
    const now: LaunchReport = { launch: launch.launch, ...transcript.used };
    const over = overRunBudget(budget, [...budget.before, now], budget.fromLaunch);
    if (over === undefined) return undefined;
    overSinceMs ??= nowMs();
    const isLate = nowMs() - overSinceMs > COMMIT_LIMIT_MS;
    return !isLate && (await isCommitting(launch)) ? undefined : over;
  };
}

/** git holds one of these while it makes a commit. */
async function isCommitting({ worktree, repo, branch }: Launch): Promise<boolean> {
  const locks = [
    join(worktree.adminDir, "index.lock"),
    join(worktree.adminDir, "HEAD.lock"),
    join(repo.commonDir, "refs", "heads", `${branch}.lock`),
  ];
  return (await Promise.all(locks.map(statIfExists))).some((found) => found !== undefined);
}
