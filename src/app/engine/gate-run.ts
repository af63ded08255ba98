import { plural } from "../../kit/text.ts";
import { ChantError, isChantError } from "../../kit/errors.ts";
import { redactor } from "../../domain/redact.ts";
import { effect } from "../../host/effects.ts";
import { removeFile, statIfExists } from "../../host/files.ts";
import { type GateVerdict, readVerdict, writeVerdict } from "../../store/gate-files.ts";
import { specLogFile } from "../../store/places.ts";
import type { Engine } from "./engine.ts";
import { CommandLog } from "./command-log.ts";
import { gateOutput, gateToken, runInPlace } from "./gate-commands.ts";
import { bareTree, type GateTest } from "./gate-landings.ts";
import { gateRules } from "./gate-rules.ts";
import { clearGatePlace, hasGatePlace, makeGatePlace } from "./gate-place.ts";
import { endTurn, hasTurn, takeTurn, whileGating } from "./gate-turn.ts";
import { endLeftCommand } from "./run-command.ts";
import { stepOf } from "./step.ts";

/** What came of an attempt to run the gates. */
export type GateEnd =
  /** It is remembered, also where somebody else had just found it out. */
  | { readonly kind: "verdict"; readonly verdict: GateVerdict; readonly durationMs: number }
  /** Somebody asked to stop, as it is of no use any more. */
  | { readonly kind: "stopped" }
  /** Another process runs gates in this repository. */
  | { readonly kind: "busy" }
  /** Nothing was found out, and why, as a clause. */
  | { readonly kind: "refused"; readonly reason: string };

/** Runs gates on a tree, one at a time in a repository: what they start shares ports and machines. */
export async function runGates(
  engine: Engine,
  test: GateTest,
  { signal, onStart }: { readonly signal: AbortSignal; readonly onStart: () => void },
): Promise<GateEnd> {
  try {
    return await whileGating(engine.places, () => runLocked(engine, test, signal, onStart));
  } catch (error) {
    if (isChantError(error, "LOCK_BUSY")) return { kind: "busy" };
    // Whatever it is, the work is safe, and its landing can wait.
    const words = error instanceof Error ? error.message : String(error);
    return { kind: "refused", reason: words.replace(/\.$/, "") };
  }
}

/** Clears away what gates of a process left that was killed; leaves alone those that run. */
export async function clearGates(engine: Engine): Promise<void> {
  const { places } = engine;
  // Most repositories have none. The turn is the first that is written, and the output the last that goes.
  const hasOutput = (await statIfExists(gateOutput(places))) !== undefined;
  if (!hasOutput && !(await hasTurn(places)) && !(await hasGatePlace(places))) return;
  await whileGating(places, () => clearLeft(engine)).catch((error: unknown) => {
    if (isChantError(error, "LOCK_BUSY")) return;
    if (!isChantError(error)) throw error;
    engine.emit({ kind: "warning", message: `What an earlier gate left stays for now: ${error.message}` });
  });
}

/** How long what belongs to a worktree may take to be taken down, in milliseconds. */
const TEAR_DOWN_MS = 10 * 60_000;
/** Nothing that makes a worktree ready takes longer, in milliseconds. */
const SET_UP_MS = 60 * 60_000;

/** @throws ChantError SPEC_BUSY when something of it does not go */
async function clearLeft(engine: Engine, log?: CommandLog): Promise<void> {
  const { places, config } = engine;
  if (!(await endLeftCommand(gateOutput(places), gateToken(places)))) {
    throw new ChantError("SPEC_BUSY", "A process that an earlier gate started cannot be ended.", {
      hint: "Nothing lands before it is gone.",
    });
  }
  await endTurn(places);
  await clearGatePlace(engine, async (place) => {
    if (config.worktree.teardown.length === 0) return;
    await using own = new CommandLog([], (text) => text);
    const { signal } = new AbortController();
    const options = {
      what: "take down the gates' worktree",
      log: log ?? own,
      timeoutMs: TEAR_DOWN_MS,
      isSetUp: true,
      signal,
    };
    const end = await runInPlace(engine, place, config.worktree.teardown, options);
    if (end.kind !== "failed" && end.kind !== "refused") return;
    const why = end.kind === "refused" ? end.reason : `${JSON.stringify(end.command)} ${end.how}`;
    engine.emit({ kind: "warning", message: `Taking down the gates' worktree: ${why}` });
  });
  await removeFile(gateOutput(places));
}

async function runLocked(
  engine: Engine,
  test: GateTest,
  signal: AbortSignal,
  onStart: () => void,
): Promise<GateEnd> {
  const { places } = engine;
  await clearLeft(engine);
  const known = await readVerdict(places, test.key);
  if (known !== undefined) return { kind: "verdict", verdict: known, durationMs: 0 };
  onStart();
  const startedMs = performance.now();
  const races = Math.max(...test.runs.map(({ gate }) => gate?.races ?? 0));
  await takeTurn(places, { runs: test.runs.map(({ run }) => run), races });
  const redact = redactor(engine.config.redact.patterns, process.env);
  await using log = new CommandLog(
    test.runs.map(({ id }) => specLogFile(places.logs, id)),
    redact,
  );
  try {
    const found = await tryFiles(engine, test, log, signal);
    if (found.kind !== "verdict") return found;
    const { failure, output = "" } = found.verdict;
    const verdict: GateVerdict = failure === undefined ? {} : { failure, output: redact(output) };
    await effect("gate.verdict", () => writeVerdict(places, test.key, verdict));
    return { kind: "verdict", verdict, durationMs: performance.now() - startedMs };
  } finally {
    await clearLeft(engine, log);
  }
}

type Found =
  | { readonly kind: "verdict"; readonly verdict: GateVerdict }
  | Exclude<GateEnd, { kind: "verdict" }>;

async function tryFiles(
  engine: Engine,
  { rules, runs, target, commit, isTarget }: GateTest,
  log: CommandLog,
  signal: AbortSignal,
): Promise<Found> {
  const branch = target.replace(/^refs\/heads\//, "");
  const others = runs.length > 1 ? `, with ${plural(runs.length - 1, "other")}` : "";
  const files = isTarget ? `${branch} as it is` : `its files merged with ${branch}${others}`;
  const place = await makeGatePlace(engine, commit);
  const { setup } = engine.config.worktree;
  const ready = await runInPlace(engine, place, setup, {
    what: "set up the gates' worktree",
    log,
    timeoutMs: SET_UP_MS,
    isSetUp: true,
    signal,
  });
  if (ready.kind === "failed") {
    const { command, how } = ready;
    return {
      kind: "refused",
      reason: `their worktree could not be set up: ${JSON.stringify(command)} ${how}`,
    };
  }
  if (ready.kind !== "passed") return ready;
  const what = `gate on ${files} (${commit.slice(0, 12)})`;
  const end = await runInPlace(engine, place, rules.commands, {
    what,
    log,
    timeoutMs: rules.timeoutMs,
    signal,
  });
  if (end.kind === "passed") return { kind: "verdict", verdict: {} };
  if (end.kind !== "failed") return end;
  const { command, how, output } = end;
  return { kind: "verdict", verdict: { failure: { command, how }, output } };
}

/** Tells whether a target has got other files or gates since, so that a verdict is for what will not be. */
export async function isStaleTest(engine: Engine, { target, from, onto, rules }: GateTest): Promise<boolean> {
  const tip = await engine.reader.resolve(target);
  if (tip === from) return false;
  if (tip === undefined) return true;
  const { tree } = await stepOf(engine, tip);
  const now = await gateRules(engine, tree);
  return now.commands.join("\n") !== rules.commands.join("\n") || (await bareTree(engine, tree)) !== onto;
}
