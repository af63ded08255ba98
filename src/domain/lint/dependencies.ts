import { closest } from "../../kit/text.ts";
import { findCycles } from "../graph.ts";
import { driverOf, type SpecId } from "../id.ts";
import type { Spec } from "../spec.ts";
import { type Finding, findingOf } from "./finding.ts";
import { type LintWorld, placeOf, readable } from "./world.ts";

/** Finds dependencies on specs that do not exist: what names one waits for ever. */
export function unknownDependencies(world: LintWorld): readonly Finding[] {
  const { specs, known } = world;
  return readable(specs).flatMap((spec) => {
    const unknown = [...new Set(spec.dependsOn)].filter((id) => !specs.has(id) && !known.has(id));
    return unknown.map((id) => {
      // Not the spec itself: it would wait for itself.
      const near = closest(
        id,
        [...specs.keys()].filter((other) => other !== spec.id),
      );
      return findingOf(
        "unknown-dependency",
        placeOf(world, spec, "depends_on", id),
        [spec.id],
        `It depends on ${id}, which does not exist.`,
        near === undefined ? `Take it out of "depends_on".` : `Did you mean ${near}?`,
      );
    });
  });
}

/** Finds specs that wait for each other, each cycle once: none of them, and nothing behind them, ever starts. */
export function dependencyCycles(world: LintWorld): readonly Finding[] {
  const specs = new Map(readable(world.specs).map((spec) => [spec.id, spec]));
  return findCycles(specs).map((cycle) => cycleFinding(world, specs, fromSmallest(cycle)));
}

/** A cycle has no first spec: the smallest id makes the finding the same each time. */
function fromSmallest(cycle: readonly SpecId[]): readonly SpecId[] {
  const at = cycle.indexOf(cycle.reduce((least, id) => (id < least ? id : least)));
  return [...cycle.slice(at), ...cycle.slice(0, at)];
}

function cycleFinding(world: LintWorld, specs: ReadonlyMap<SpecId, Spec>, cycle: readonly SpecId[]): Finding {
  const [first = "", next = first] = cycle;
  const spec = specs.get(first);
  const place =
    spec === undefined
      ? { file: `${world.folder}/${first}.md`, line: 1, column: 1 }
      : placeOf(world, spec, "depends_on", next);
  // A driver waits for its members without naming them.
  const isByMember = cycle.some((id, at) => driverOf(cycle[(at + 1) % cycle.length] ?? "") === id);
  return findingOf(
    "dependency-cycle",
    place,
    cycle,
    cycle.length === 1
      ? `${first} depends on itself.`
      : `These specs wait for each other: ${[...cycle, first].join(" -> ")}.`,
    `Take one of them out of "depends_on"${isByMember ? "; a driver waits for its members in any case" : ""}.`,
  );
}
