import { ChantError } from "../kit/errors.ts";

/** The value of `--parallel` when it stands without a number. */
export const AS_CONFIGURED = "configured";

/**
 * Brings a command line into the shape that the parser takes: `chant help work` is `chant work --help`, and
 * `--parallel` takes the next word only if it is all digits.
 * @throws ChantError USAGE for `--name=` without a value, which the parser would take for a word
 */
export function prepareArgv(argv: readonly string[]): readonly string[] {
  const [command, ...rest] = argv;
  if (command === "help") return [...rest.slice(0, 1), "--help"];
  const end = rest.indexOf("--");
  const flags = end < 0 ? rest : rest.slice(0, end);
  const empty = flags.find((each) => /^--[a-z][\w-]*=$/i.test(each));
  if (empty !== undefined) {
    throw new ChantError("USAGE", `${empty} has no value.`, { hint: "Leave the flag out, or give it one." });
  }
  if (command !== "work") return argv;
  return [command, ...flags.flatMap(joinParallel), ...(end < 0 ? [] : rest.slice(end))];
}

const isDigits = (text: string | undefined): boolean => text !== undefined && /^\d+$/.test(text);

function joinParallel(each: string, at: number, all: readonly string[]): readonly string[] {
  if (all[at - 1] === "--parallel" && isDigits(each)) return [];
  if (each !== "--parallel") return [each];
  const next = all[at + 1];
  return [`--parallel=${isDigits(next) ? next : AS_CONFIGURED}`];
}
