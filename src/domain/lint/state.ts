import { isMemberOf } from "../id.ts";
import { type Finding, findingOf } from "./finding.ts";
import { driverTest, fileOf, type LintWorld, placeOf, readable } from "./world.ts";

/** Finds specs that anybody could call done: nothing says how to tell. */
export function missingCriteria(world: LintWorld): readonly Finding[] {
  const drives = driverTest(world);
  return readable(world.specs).flatMap((spec) => {
    const isOver = spec.status === "completed" || spec.status === "cancelled";
    if (isOver || spec.criteria.length > 0 || drives(spec)) return [];
    return [
      findingOf(
        "missing-criteria",
        { file: fileOf(world, spec.id), line: 1, column: 1 },
        [spec.id],
        "It has no acceptance criteria: whatever its agent leaves counts as done.",
        'Add a heading "## Acceptance Criteria", and below it items such as: - [ ] Ties keep their order',
      ),
    ];
  });
}

/** Finds what is called completed although a criterion of it is open. */
export const completedUnticked = (world: LintWorld): readonly Finding[] =>
  readable(world.specs).flatMap((spec) => {
    const [first, ...others] = spec.criteria.filter(({ ticked }) => !ticked);
    // Its members completed it.
    if (first === undefined || spec.status !== "completed" || spec.autoCompleted) return [];
    const open =
      others.length === 0
        ? `"${first.text}" is not ticked`
        : `${others.length + 1} criteria are not ticked, the first "${first.text}"`;
    return [
      findingOf(
        "completed-unticked",
        { file: fileOf(world, spec.id), line: first.line, column: 1 },
        [spec.id],
        `It is completed, but ${open}.`,
        `Tick what holds (chant tick ${spec.id} ${first.number}), or take it up again: chant reset ${spec.id}`,
      ),
    ];
  });

/** Finds what is said to be in progress and has no run: a person works on it, or nobody does. */
export function inProgressWithoutRun(world: LintWorld): readonly Finding[] {
  const drives = driverTest(world);
  return readable(world.specs).flatMap((spec) => {
    if (spec.status !== "in_progress" || world.runs.has(spec.id) || drives(spec)) return [];
    const hasMemberInRun = [...world.runs].some((id) => isMemberOf(id, spec.id));
    if (hasMemberInRun) return [];
    return [
      findingOf(
        "in-progress-without-run",
        placeOf(world, spec, "status"),
        [spec.id],
        "It is in progress, but no agent works on it.",
        `Fine if you do, here in your checkout. When it is done: chant finalize ${spec.id}. If nobody does: chant reset ${spec.id}`,
      ),
    ];
  });
}
