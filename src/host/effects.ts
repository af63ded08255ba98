import { appendFileSync, unlinkSync } from "node:fs";

/**
 * Every effect of the lifecycle runs through here under a name of its own, so that crash tests can stop a process
 * just before or just after it. Outside of those tests this is one comparison with `undefined`.
 *
 * `CHANT_FAIL=NAME:before|after[:kill|stop|error]` says where; `CHANT_FAIL_ONCE=FILE` lets it happen a single time,
 * in whichever process removes FILE first; `CHANT_FAIL_SKIP=N` lets the first N of each process pass;
 * `CHANT_EFFECTS_LOG=FILE` collects the names that were visited.
 */
export async function effect<T>(name: EffectName, run: () => T | Promise<T>): Promise<T> {
  if (effectsLog !== undefined) appendFileSync(effectsLog, `${name}\n`);
  if (failAt === undefined) return run();
  interrupt(name, "before");
  const result = await run();
  interrupt(name, "after");
  return result;
}

/** The named effects, in the order in which a run meets them. */
export const EFFECTS = [
  "split.intent",
  "spec.add",
  "split.done",
  "claim.record",
  "claim.lock",
  "publish.objects",
  "publish.intent",
  "publish.owned",
  "publish.files",
  "publish.ref",
  "publish.index",
  "publish.done",
  "start.record",
  "worktree.directory",
  "worktree.add",
  "ports.lease",
  "runner.spawn",
  "runner.record",
  "runner.checkout",
  "runner.prompt",
  "agent.spawn",
  "agent.record",
  "runner.commit",
  "runner.snapshot",
  "checks.begin",
  "command.spawn",
  "checks.back",
  "checks.end",
  "runner.end",
  "gate.worktree",
  "gate.verdict",
  "gate.clean",
  "land.record",
  "silent.proof",
  "silent.spec",
  "limits.met",
  "park.record",
  "stop.ask",
  "stop.agent",
  "pause.launch",
  "clean.lock",
  "clean.worktree",
  "clean.admin",
  "clean.branch",
  "ports.release",
  "clean.record",
  "archive.file",
  "cleanup.snapshot",
  "cleanup.log",
  "cleanup.pack",
  "cleanup.program",
  "cleanup.stray",
] as const;

export type EffectName = (typeof EFFECTS)[number];

const failAt = process.env["CHANT_FAIL"];
const failOnce = process.env["CHANT_FAIL_ONCE"];
let skip = Number(process.env["CHANT_FAIL_SKIP"] ?? 0);
const effectsLog = process.env["CHANT_EFFECTS_LOG"];

function interrupt(name: string, side: "before" | "after"): void {
  const [wantedName, wantedSide, action = "kill"] = (failAt ?? "").split(":");
  if (wantedName !== name || wantedSide !== side) return;
  skip -= 1;
  if (skip >= 0) return;
  if (failOnce !== undefined) {
    try {
      unlinkSync(failOnce);
    } catch {
      return;
    }
  }
  if (action === "error") throw new Error(`fail point ${name}:${side}`);
  process.kill(process.pid, action === "stop" ? "SIGSTOP" : "SIGKILL");
}
