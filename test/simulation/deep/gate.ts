import { saveFile } from "./git/porcelain.ts";
import type { Machine, SimProcess } from "./machine.ts";

/** What the configuration says of gates, and the commands that were let run. */
export const GATE_CONFIG = "merge:\n  gates: [check]\n";
export const GATE_TRUST = JSON.stringify({ version: 1, commands: ["check"] });

/** The work of these two specs does not go together. */
const RIVALS = ["work-2026-11-03-001-abc.txt", "work-2026-11-03-002-abc.txt"] as const;

/** Tells whether a gate passes on some files. */
export const passesGate = (files: readonly string[]): boolean =>
  !RIVALS.every((name) => files.includes(name));

/** A gate: takes its time, looks at the files that it finds, and leaves a file and perhaps a helper. */
export function startGate(
  machine: Machine,
  cwd: string,
  env: Readonly<Record<string, string>>,
  output: string,
): SimProcess {
  return machine.start(
    "agent",
    "gate",
    async (gate) => {
      await machine.pause(gate, 20 + machine.below(1_500));
      const isPassed = passesGate(machine.disk.find(cwd) === undefined ? [] : machine.disk.filesBelow(cwd));
      saveFile(machine, output, isPassed ? "passed\n" : "these do not go together\n");
      saveFile(machine, `${cwd}/left.txt`, "left by a gate\n");
      if (machine.chance(0.2)) {
        const stay = async (helper: SimProcess): Promise<number> => {
          helper.isStubborn = machine.chance(0.3);
          await machine.pause(helper, machine.below(5_000));
          return 0;
        };
        machine.start("agent", "helper", stay, { env, group: machine.chance(0.5) ? gate.group : undefined });
      }
      return isPassed ? 0 : 1;
    },
    { env },
  );
}
