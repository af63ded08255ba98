import { ChantError } from "../../../kit/errors.ts";
import { parseCommit } from "../../../git/commit.ts";
import { isReadable } from "../../../git/damage.ts";
import { ObjectReader } from "../../../git/object-reader.ts";
import type { Repository } from "../../../git/repository.ts";
import { SILENT_LINE } from "../../../git/silent.ts";
import { Trees } from "../../../git/tree.ts";
import { type Places, SPEC_FOLDER } from "../../../store/places.ts";
import { readRecords } from "../record.ts";

/** Returns the first of some branches in whose last commit git knows of specs; undefined when none does. */
export async function branchWithSpecs(
  repo: Repository,
  branches: readonly string[],
): Promise<string | undefined> {
  using reader = new ObjectReader(repo);
  const trees = new Trees(repo, reader);
  for (const branch of branches) {
    const tip = await reader.resolve(branch);
    if (tip === undefined || !(await isReadable(reader, tip))) continue;
    const { tree } = parseCommit((await reader.require(tip)).content);
    if ((await trees.find(tree, SPEC_FOLDER)) !== undefined) return branch;
  }
  return undefined;
}

/**
 * Refuses where it is not clear who holds the specs, git or the disk alone: both at once, or runs that started the other
 * way. What a person switched in the middle would otherwise be decided by whatever comes first.
 * @throws ChantError SILENT_MIXED
 */
export async function requireOneMode(repo: Repository, places: Places): Promise<void> {
  const isSilent = repo.isSilent === true;
  const exclude = `${repo.commonDir}/info/exclude`;
  for (const { id, base, spec } of (await readRecords(places)).values()) {
    if (base === undefined || (spec !== undefined) === isSilent) continue;
    const [was, way] = isSilent
      ? ["before this project became silent", `Remove the line that names .chant from ${exclude}`]
      : ["when this project was silent", `Put the line ${SILENT_LINE} into ${exclude}`];
    throw new ChantError("SILENT_MIXED", `The run of ${id} began ${was}.`, {
      hint: `${way}, and let it come to its end or cancel it first. Nothing was changed.`,
    });
  }
  if (!isSilent || (await branchWithSpecs(repo, ["HEAD"])) === undefined) return;
  throw new ChantError(
    "SILENT_MIXED",
    `${exclude} keeps .chant out of git, but git tracks ${SPEC_FOLDER} on this branch.`,
    {
      hint: "For a silent project: git rm -r --cached .chant, and commit. Else remove that line. Nothing was changed.",
    },
  );
}
