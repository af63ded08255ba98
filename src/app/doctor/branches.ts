import { type Check, checkOf } from "../../domain/doctor.ts";
import { isSpecId } from "../../domain/id.ts";
import { isReadable } from "../../git/damage.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { branchTips } from "../../git/refs.ts";
import { readConfig } from "../../store/config.ts";
import { readRecords } from "../engine/record.ts";
import type { Workspace } from "../workspace.ts";

/** Looks whether the last commit of each local branch can be read: a loss of power can tear one that git did not flush. */
export async function checkBranches({ repo, places }: Workspace): Promise<readonly Check[]> {
  using reader = new ObjectReader(repo);
  const prefix = `refs/heads/${(await readConfig(places)).defaults.branchPrefix}`;
  const records = await readRecords(places);
  const found: Check[] = [];
  for (const { ref, tip } of await branchTips(repo)) {
    if (await isReadable(reader, tip)) continue;
    const name = ref.replace("refs/heads/", "");
    const id = ref.startsWith(prefix) ? ref.slice(prefix.length) : "";
    const whose = isSpecId(id) ? `${name}, of spec ${id},` : name;
    const what = `The branch ${whose} points at commit ${tip.slice(0, 12)}, which is damaged: an object of it is torn or missing.`;
    const then = !isSpecId(id)
      ? " git gc, git log --all and the like fail until it points elsewhere."
      : records.has(id)
        ? " When its run goes on, it does so from the last commit that is whole, with the files as they are in its worktree."
        : " cleanup keeps what is whole of it in a snapshot.";
    const mend = !isSpecId(id)
      ? `git reflog ${name}   (then, for a commit that is whole: git branch -f ${name} COMMIT)`
      : records.has(id)
        ? `chant resume ${id}`
        : "chant cleanup";
    found.push(checkOf("branches", "broken", what + then, mend));
  }
  return found.length > 0
    ? found
    : [checkOf("branches", "ok", "the last commit of every branch can be read")];
}
