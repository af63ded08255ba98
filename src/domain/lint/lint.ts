import type { SpecId } from "../id.ts";
import { brokenChecks } from "./checks.ts";
import { dependencyCycles, unknownDependencies } from "./dependencies.ts";
import { compareFindings, type Finding, OPTIONAL_RULES } from "./finding.ts";
import { brokenSpecs, formerKeys, unknownKeys } from "./front.ts";
import { duplicateSequences, fileNames, membersDiffer, membersWithoutDriver } from "./names.ts";
import { completedUnticked, inProgressWithoutRun, missingCriteria } from "./state.ts";
import { unknownPrompts } from "./prompts.ts";
import { tooLarge } from "./size.ts";
import type { LintWorld } from "./world.ts";

const RULES: readonly ((world: LintWorld) => readonly Finding[])[] = [
  brokenSpecs,
  unknownKeys,
  formerKeys,
  membersDiffer,
  unknownDependencies,
  dependencyCycles,
  unknownPrompts,
  fileNames,
  duplicateSequences,
  membersWithoutDriver,
  missingCriteria,
  brokenChecks,
  tooLarge,
  completedUnticked,
  inProgressWithoutRun,
];

/**
 * Holds all specs against all rules, and returns what was found, file by file.
 * @param about only findings about one of these specs; all, also about files that are no specs, when left out
 * @param disabled names of rules that do not count; what is no such name means nothing
 */
export function lint(
  world: LintWorld,
  about?: readonly SpecId[],
  disabled: readonly string[] = [],
): readonly Finding[] {
  const wanted = about === undefined ? undefined : new Set(about);
  const off = OPTIONAL_RULES.filter((rule) => disabled.includes(rule));
  return RULES.flatMap((rule) => rule(world))
    .filter(({ rule }) => !off.includes(rule))
    .filter(({ specs }) => wanted === undefined || specs.some((id) => wanted.has(id)))
    .toSorted(compareFindings);
}
