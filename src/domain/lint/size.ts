import { plural } from "../../kit/text.ts";
import type { Spec } from "../spec.ts";
import { type Finding, findingOf } from "./finding.ts";
import { driverTest, fileOf, type LintWorld, readable } from "./world.ts";

/**
 * What one agent can be expected to carry to its end in one run. A guess, and a generous one: what is above it has been
 * several things at once more often than not.
 */
const MOST = { criteria: 15, targetFiles: 25, words: 2000 } as const;

/** Finds specs that ask for too much at once: an agent loses the thread, and a failure costs all of it. */
export function tooLarge(world: LintWorld): readonly Finding[] {
  const drives = driverTest(world);
  return readable(world.specs).flatMap((spec) => {
    // What is over cannot be split any more, and the text of a driver is for its members to do.
    if (spec.status === "completed" || spec.status === "cancelled" || drives(spec)) return [];
    const measures = measuresOf(spec);
    if (measures.length === 0) return [];
    return [
      findingOf(
        "spec-too-large",
        { file: fileOf(world, spec.id), line: 1, column: 1 },
        [spec.id],
        `It asks for much at once: ${measures.join(", ")}.`,
        `Split it: chant split ${spec.id}`,
      ),
    ];
  });
}

function measuresOf({ criteria, targetFiles, body }: Spec): readonly string[] {
  // Whatever has fewer characters has fewer words, too, and most files have.
  const words = body.length <= MOST.words * 2 ? 0 : (body.match(/\S+/g)?.length ?? 0);
  return [
    ...(criteria.length > MOST.criteria
      ? [`${plural(criteria.length, "criterion", "criteria")} (more than ${MOST.criteria})`]
      : []),
    ...(targetFiles.length > MOST.targetFiles
      ? [`${plural(targetFiles.length, "target file")} (more than ${MOST.targetFiles})`]
      : []),
    ...(words > MOST.words ? [`${plural(words, "word")} (more than ${MOST.words})`] : []),
  ];
}
