import { isChantError } from "../kit/errors.ts";
import { git, gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** The name git gives to "no object", for a ref that must not exist yet. */
export const nothing = (repo: Repository): string => "0".repeat(repo.hash === "sha1" ? 40 : 64);

/**
 * Moves a ref from one commit to another in one step; `from` undefined means that it must not exist yet, `to`
 * undefined removes it. Returns false when it stood elsewhere.
 */
export async function swapRef(
  repo: Repository,
  ref: string,
  to: string | undefined,
  from: string | undefined,
  reason: string,
): Promise<boolean> {
  const args =
    to === undefined
      ? ["update-ref", "-d", ref, from ?? nothing(repo)]
      : ["update-ref", "-m", reason, ref, to, from ?? nothing(repo)];
  try {
    await git(commonPlace(repo), args);
    return true;
  } catch (error) {
    if (
      isChantError(error, "GIT_FAILED") &&
      /but expected|reference already exists|unable to resolve reference|is missing but/.test(error.message)
    ) {
      return false;
    }
    throw error;
  }
}

/** Returns the commit of a ref, asking git itself. For many reads see ObjectReader. */
export async function readRef(repo: Repository, ref: string): Promise<string | undefined> {
  const out = await gitText(
    commonPlace(repo),
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
    { accept: [0, 1, 128] },
  );
  return out === "" ? undefined : out;
}

/** Returns true when every commit of `ancestor` is part of `descendant`. */
export async function isAncestor(repo: Repository, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  const result = await git(commonPlace(repo), ["merge-base", "--is-ancestor", ancestor, descendant], {
    accept: [0, 1],
  });
  return result.status === 0;
}
