import { join } from "node:path";
import { ChantError } from "../../kit/errors.ts";
import { KernelLock } from "../../host/kernel-lock.ts";
import type { Places } from "../../store/places.ts";
import { writeJson } from "./launch.ts";
import { readJson } from "./launch-files.ts";

/**
 * The commands in specs and configuration that a person let run in this repository. They are remembered by their whole
 * text: whoever changes a letter has to be trusted anew, and one that many specs name is asked about once.
 */
interface TrustedFile {
  readonly version: 1;
  readonly commands: readonly string[];
}

const trustedFile = (places: Places): string => join(places.own, "trusted-commands.json");

const isWhole = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "commands" in value &&
  Array.isArray(value.commands) &&
  value.commands.every((each) => typeof each === "string");

/** Returns the commands that may run here. */
export async function trustedCommands(places: Places): Promise<ReadonlySet<string>> {
  // What cannot be read trusts nothing: a person is asked once more.
  const file = await readJson<TrustedFile>(trustedFile(places), isWhole).catch(() => undefined);
  return new Set(file?.commands ?? []);
}

/** Lets commands run here from now on. */
export async function trustCommands(places: Places, commands: readonly string[]): Promise<void> {
  using lock = new KernelLock(places.kernelLock);
  await lock.hold(async () => {
    const all = new Set([...(await trustedCommands(places)), ...commands]);
    const file: TrustedFile = { version: 1, commands: [...all].toSorted() };
    await writeJson(trustedFile(places), file);
  });
}

/** Returns those of some commands that nobody let run yet, each once. */
export async function untrustedAmong(
  places: Places,
  commands: readonly string[],
): Promise<readonly string[]> {
  const trusted = await trustedCommands(places);
  return [...new Set(commands)].filter((command) => !trusted.has(command));
}

/** @throws ChantError COMMANDS_UNTRUSTED unless a person let all of some commands run */
export async function requireTrustedCommands(places: Places, commands: readonly string[]): Promise<void> {
  const [first, ...others] = await untrustedAmong(places, commands);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  throw new ChantError("COMMANDS_UNTRUSTED", `Nobody has let this command run here yet: ${first}${more}`, {
    hint: "Look at all of them, and let them run: chant trust commands. Nothing was run.",
  });
}
