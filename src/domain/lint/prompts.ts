import { closest } from "../../kit/text.ts";
import { type Finding, findingOf } from "./finding.ts";
import { type LintWorld, placeOf, readable } from "./world.ts";

/** Finds specs whose prompt is not there: their agents could not be told anything, and do not start. */
export const unknownPrompts = (world: LintWorld): readonly Finding[] =>
  readable(world.specs).flatMap((spec) => {
    const { prompts } = world;
    const isOver = spec.status === "completed" || spec.status === "cancelled";
    if (spec.prompt === undefined || prompts === undefined || prompts.has(spec.prompt) || isOver) return [];
    const near = closest(spec.prompt, prompts);
    return [
      findingOf(
        "unknown-prompt",
        placeOf(world, spec, "prompt"),
        [spec.id],
        `There is no prompt "${spec.prompt}" in .chant/prompts.`,
        near === undefined ? `There are: ${[...prompts].join(", ")}.` : `Did you mean "${near}"?`,
      ),
    ];
  });
