import { self } from "./fs.ts";

/* `src/host/effects.ts`: the named fail points. Here each may be the last thing that its process does. */

export async function effect<T>(name: string, run: () => T | Promise<T>): Promise<T> {
  const process = self();
  const { machine } = process;
  const { visited, dangers } = machine;
  visited.set(name, (visited.get(name) ?? 0) + 1);
  machine.strike(process, dangers.effectKillRate);
  if (machine.chance(dangers.pauseRate)) await machine.pause(process, machine.below(400));
  const result = await run();
  machine.strike(process, dangers.effectKillRate);
  return result;
}
