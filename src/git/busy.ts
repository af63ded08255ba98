import { join } from "node:path";
import { readIfExists, statIfExists } from "../host/files.ts";
import type { Checkout } from "./repository.ts";

const IN_PROGRESS = [
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
  ["rebase-merge", "a rebase"],
  ["rebase-apply", "a rebase"],
  ["BISECT_START", "a bisect"],
  ["sequencer", "a series of picks"],
] as const;

/** Returns in words what somebody is in the middle of in a checkout, or undefined. */
export async function operationInProgress(
  checkout: Pick<Checkout, "gitDir" | "path">,
): Promise<string | undefined> {
  const present = await Promise.all(
    IN_PROGRESS.map(async ([name]) => (await statIfExists(join(checkout.gitDir, name))) !== undefined),
  );
  const found = IN_PROGRESS.find((_, at) => present[at]);
  return found === undefined ? undefined : `${found[1]} is in progress in ${checkout.path}`;
}

/** Returns the checkout in which `branch` (a full ref name) is being rebased: its HEAD is detached meanwhile. */
export async function rebasedIn(
  checkouts: readonly Checkout[],
  branch: string,
): Promise<Checkout | undefined> {
  for (const checkout of checkouts) {
    if (checkout.branch !== undefined) continue;
    for (const folder of ["rebase-merge", "rebase-apply"]) {
      const name = await readIfExists(join(checkout.gitDir, folder, "head-name"));
      if (name?.trim() === branch) return checkout;
    }
  }
  return undefined;
}
