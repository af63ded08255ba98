import { createHash } from "node:crypto";
import { type GateTurn, gateStep, mustLetPass, redTargetReason, type Tried } from "../../domain/gate.ts";
import { type GateVerdict, readVerdict } from "../../store/gate-files.ts";
import type { Engine } from "./engine.ts";
import { type GateRules, gateRules } from "./gate-rules.ts";
import { readTurn } from "./gate-turn.ts";
import type { RunRecord, Waits } from "./record.ts";
import type { Step } from "./step.ts";

/** Files on which the gates are to run. */
export interface GateTest {
  /** A full ref name. */
  readonly target: string;
  /** The commit that the target was at. */
  readonly from: string;
  /** Whose work is merged there; with `isTarget` nobody's, and on whose behalf the target is tried as it is. */
  readonly isTarget: boolean;
  readonly runs: readonly RunRecord[];
  readonly commit: string;
  /** Names the files, whatever stands in `.chant`. */
  readonly tree: string;
  /** The same of the target as it was. */
  readonly onto: string;
  /** By which the verdict is remembered. */
  readonly key: string;
  readonly rules: GateRules;
}

/** A run that the gates say must not land, and what they said. */
export interface Failed {
  readonly record: RunRecord;
  readonly verdict: GateVerdict & { readonly failure: NonNullable<GateVerdict["failure"]> };
  readonly rules: GateRules;
}

/** Landings one after the other, each with the target as it is after it. */
export interface Computed {
  readonly landed: readonly { readonly record: RunRecord; readonly step: Step }[];
}

/** What the gates let through. Every run that was to land is in exactly one of the lists. */
export interface Gated<L extends Computed> {
  readonly landings: L;
  /** Those whose landings are computed here. */
  readonly land: readonly RunRecord[];
  readonly held: readonly { readonly record: RunRecord; readonly waits: Waits }[];
  readonly failed: readonly Failed[];
  /** They wait until the gates have run, for them or for others. */
  readonly queued: readonly RunRecord[];
  readonly test: GateTest | undefined;
}

/**
 * Asks of runs that are done which may land on `from` now, by what is known of just the files that would appear there.
 * @param compute computes how some of them land there
 */
export async function gateLandings<L extends Computed>(
  engine: Engine,
  target: string,
  asked: readonly RunRecord[],
  from: Step,
  compute: (land: readonly RunRecord[]) => Promise<L>,
): Promise<Gated<L>> {
  const held: Gated<L>["held"][number][] = [];
  const failed: Failed[] = [];
  let queued: readonly RunRecord[] = [];
  let test: GateTest | undefined;
  let land = inTurn(asked);
  for (;;) {
    const landings = await compute(land);
    const done: Gated<L> = { landings, land, held, failed, queued, test };
    const rules = landings.landed.length === 0 ? undefined : await gateRules(engine, from.tree);
    if (rules === undefined || (rules.commands.length === 0 && rules.problem === undefined)) return done;
    const merged = await mergedTrees(engine, from, landings, rules);
    const changing = landings.landed.filter((_, at) => merged[at]?.tree !== merged[at + 1]?.tree);
    if (changing.length === 0) return done;
    const without = (records: readonly RunRecord[]): readonly RunRecord[] =>
      land.filter(({ run }) => !records.some((each) => each.run === run));
    const turn = await readTurn(engine.places);
    const passing = changing.map(({ record }) => record).filter(({ run }) => mustLetPass(turn, run));
    if (rules.problem !== undefined || passing.length > 0) {
      const waits = rules.problem === undefined ? turnWaits(turn) : problemWaits(rules.problem);
      const records = rules.problem === undefined ? passing : changing.map(({ record }) => record);
      held.push(...records.map((record) => ({ record, waits })));
      land = without(records);
      continue;
    }
    const runs = landings.landed.map(({ record }) => record);
    const step = gateStep(runs.length, (count) => triedWith(merged, count));
    const [first] = runs;
    if (first === undefined) return done;
    switch (step.kind) {
      case "land":
        if (step.count === runs.length) return done;
        queued = [...queued, ...runs.slice(step.count)];
        break;
      case "test":
        queued = [...queued, ...runs];
        test = testOf(target, landings, from, merged, step.count, rules);
        break;
      case "guilty":
        failed.push({ record: first, verdict: failureOf(merged[1]), rules });
        land = without([first]);
        continue;
      case "red_target":
        held.push({ record: first, waits: redTargetWaits(target, merged[0]) });
        land = without([first]);
        continue;
    }
    land = without(queued);
  }
}

/** Who came to the gates first goes first: what they have said so far is of those in front, whoever comes behind. */
const inTurn = (land: readonly RunRecord[]): readonly RunRecord[] =>
  land.toSorted((a, b) => (a.gate?.sinceMs ?? Infinity) - (b.gate?.sinceMs ?? Infinity) || 0);

/** The target's files with so many runs merged, as its index says, and what is known of them. */
interface Merged {
  readonly tree: string;
  readonly key: string;
  readonly verdict: GateVerdict | undefined;
}

async function mergedTrees(
  engine: Engine,
  from: Step,
  { landed }: Computed,
  { commands }: GateRules,
): Promise<readonly Merged[]> {
  const merged: Merged[] = [];
  for (const whole of [from.tree, ...landed.map(({ step }) => step.tree)]) {
    const tree = await bareTree(engine, whole);
    const key = createHash("sha256")
      .update(JSON.stringify([commands, tree]))
      .digest("hex");
    merged.push({ tree, key, verdict: await readVerdict(engine.places, key) });
  }
  return merged;
}

/** Returns the name of a tree's files without `.chant`, in which a landing always changes something. */
export async function bareTree({ trees }: Pick<Engine, "trees">, tree: string): Promise<string> {
  return (await trees.with(tree, new Map([[".chant", undefined]]))).oid;
}

/** What changes no file needs no gate. */
function triedWith(merged: readonly Merged[], count: number): Tried {
  if (count > 0 && merged[count]?.tree === merged[0]?.tree) return "green";
  const verdict = merged[count]?.verdict;
  if (verdict === undefined) return "unknown";
  return verdict.failure === undefined ? "green" : "red";
}

function testOf(
  target: string,
  { landed }: Computed,
  from: Step,
  merged: readonly Merged[],
  count: number,
  rules: GateRules,
): GateTest {
  const [onto, tried] = [merged[0], merged[count]];
  if (onto === undefined || tried === undefined) throw new Error(`no tree with ${count} runs was computed`);
  const runs = landed.slice(0, Math.max(1, count)).map(({ record }) => record);
  const commit = count === 0 ? from.commit : (landed[count - 1]?.step.commit ?? from.commit);
  const isTarget = count === 0;
  return {
    target,
    from: from.commit,
    isTarget,
    runs,
    commit,
    tree: tried.tree,
    onto: onto.tree,
    key: tried.key,
    rules,
  };
}

function failureOf(merged: Merged | undefined): Failed["verdict"] {
  const { failure, output = "" } = merged?.verdict ?? {};
  if (failure === undefined) throw new Error("a run without a verdict was held to fail");
  return { failure, output };
}

const shortName = (ref: string): string => ref.replace(/^refs\/heads\//, "");

const problemWaits = (reason: string): Waits => ({ reason, files: [], isPassing: false });

const redTargetWaits = (target: string, merged: Merged | undefined): Waits =>
  problemWaits(redTargetReason(failureOf(merged).failure, shortName(target)));

const turnWaits = (turn: GateTurn | undefined): Waits => ({
  reason: `others land first, for whom the target has moved ${turn?.races ?? 0} times while their gates ran`,
  files: [],
  isPassing: true,
});
