import { ChantError } from "../kit/errors.ts";
import { type RunResult, runProgram } from "../host/spawn.ts";
import { agentEnvironment } from "./settings.ts";

/** Commits one file; see `commitFiles`. */
export const commitFile = (checkout: string, path: string, message: string): Promise<string> =>
  commitFiles(checkout, [path], message);

/**
 * Commits some files of a checkout, and nothing else that is staged or changed there. It is a commit of the user's own:
 * their configuration, hooks and signature count, unlike in all that chant commits by itself.
 * @param paths relative to the checkout
 * @throws ChantError GIT_FAILED with git's own words; the files and the index are then as they were
 */
export async function commitFiles(
  checkout: string,
  paths: readonly string[],
  message: string,
): Promise<string> {
  // Only what the index knows can be committed by name.
  requireSuccess(await userGit(checkout, ["add", "--intent-to-add", "--", ...paths]));
  const commit = await userGit(checkout, ["commit", "--quiet", "--only", "-m", message, "--", ...paths]);
  if (commit.status !== 0) await userGit(checkout, ["reset", "--quiet", "--", ...paths]);
  requireSuccess(commit);
  const head = requireSuccess(await userGit(checkout, ["rev-parse", "HEAD"]));
  return head.stdout.toString("utf8").trim();
}

/** Runs git as the user would in their shell. */
function userGit(checkout: string, args: readonly string[]): Promise<RunResult> {
  return runProgram("git", ["-C", checkout, ...args], { cwd: checkout, env: agentEnvironment() });
}

function requireSuccess(result: RunResult): RunResult {
  if (result.status === 0) return result;
  const words = [result.stderr, result.stdout.toString("utf8")]
    .map((text) => text.trim())
    .find((text) => text !== "");
  throw new ChantError(
    "GIT_FAILED",
    `git did not commit: ${words ?? `it ended with status ${result.status}`}`,
  );
}
