import type { SpecId } from "../id.ts";
import { dependencyCycles, unknownDependencies } from "./dependencies.ts";
import { compareFindings, type Finding } from "./finding.ts";
import { brokenSpecs, formerKeys, unknownKeys } from "./front.ts";
import { duplicateSequences, fileNames, membersDiffer, membersWithoutDriver } from "./names.ts";
import { completedUnticked, inProgressWithoutRun, missingCriteria } from "./state.ts";
import type { LintWorld } from "./world.ts";

const RULES: readonly ((world: LintWorld) => readonly Finding[])[] = [
  brokenSpecs,
  unknownKeys,
  formerKeys,
  membersDiffer,
  unknownDependencies,
  dependencyCycles,
  fileNames,
  duplicateSequences,
  membersWithoutDriver,
  missingCriteria,
  completedUnticked,
  inProgressWithoutRun,
];

/**
 * Holds all specs against all rules, and returns what was found, file by file.
 * @param about only findings about one of these specs; all, also about files that are no specs, when left out
 */
export function lint(world: LintWorld, about?: readonly SpecId[]): readonly Finding[] {
  const wanted = about === undefined ? undefined : new Set(about);
  return RULES.flatMap((rule) => rule(world))
    .filter(({ specs }) => wanted === undefined || specs.some((id) => wanted.has(id)))
    .toSorted(compareFindings);
}
