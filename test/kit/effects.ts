import { EFFECTS, type EffectName } from "../../src/host/effects.ts";

/** Effects that no `work` of specs that land meets: they belong to another command, or to runs that do not land. */
const ELSEWHERE: ReadonlySet<EffectName> = new Set([
  "gate.worktree",
  "gate.verdict",
  "gate.clean",
  "split.intent",
  "spec.add",
  "split.done",
  "archive.file",
  "cleanup.snapshot",
  "cleanup.log",
  "cleanup.pack",
  "cleanup.program",
  "cleanup.stray",
  "limits.met",
  "park.record",
  "stop.ask",
  "stop.agent",
  "pause.launch",
  "runner.snapshot",
  "runner.commit",
  "checks.begin",
  "command.spawn",
  "checks.back",
  "checks.end",
  // See silent.test.ts.
  "silent.proof",
  "silent.spec",
]);

/** The effects on the way of a spec that lands. */
export const EFFECTS_OF_WORK: readonly EffectName[] = EFFECTS.filter((name) => !ELSEWHERE.has(name));

/** The two moments of an effect at which something may happen to its process. */
export const SIDES = ["before", "after"] as const;
