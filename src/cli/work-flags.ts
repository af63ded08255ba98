import { ChantError } from "../kit/errors.ts";
import { AS_CONFIGURED } from "./argv.ts";
import type { WorkFlags } from "./commands/work.ts";

/**
 * Returns how many agents may work at once; undefined leaves it to the configuration. Without --parallel it is one.
 * @throws ChantError USAGE when the flags contradict each other
 */
export function slotsOf({ parallel, max, chain }: WorkFlags): number | undefined {
  if (chain && (parallel !== undefined || max !== undefined)) {
    throw new ChantError(
      "USAGE",
      "--chain works one spec after the other, so it does not go with --parallel or --max.",
      {
        hint: "Leave one of them out; nothing was started.",
      },
    );
  }
  if (parallel === undefined && max === undefined) return 1;
  if (typeof parallel === "number") return Math.min(parallel, max ?? parallel);
  return max;
}

/**
 * Tells whether approvals are gone past: only for specs that are named.
 * @throws ChantError USAGE without ids
 */
export function skipsApproval({ skipApproval }: WorkFlags, ids: readonly string[]): boolean {
  if (skipApproval !== true || ids.length > 0) return skipApproval === true;
  throw new ChantError("USAGE", "--skip-approval needs the ids of the specs that it is about.", {
    hint: "For example: chant work 001 --skip-approval. Nothing was started.",
  });
}

/** Returns the words of the same command line, without --detach. */
export function workWords(flags: WorkFlags, ids: readonly string[]): readonly string[] {
  const {
    parallel,
    max,
    chain,
    keepGoing,
    label,
    agent,
    prompt,
    noWait,
    noWatch,
    notify,
    allowNetworkFs,
    json,
  } = flags;
  const { skipApproval } = flags;
  const given: readonly (string | undefined)[] = [
    parallel === undefined ? undefined : parallel === AS_CONFIGURED ? "--parallel" : `--parallel=${parallel}`,
    max === undefined ? undefined : `--max=${max}`,
    chain === true ? "--chain" : undefined,
    keepGoing === true ? "--keep-going" : undefined,
    label === undefined ? undefined : `--label=${label}`,
    agent === undefined ? undefined : `--agent=${agent}`,
    prompt === undefined ? undefined : `--prompt=${prompt}`,
    skipApproval === true ? "--skip-approval" : undefined,
    noWait === true ? "--no-wait" : undefined,
    noWatch === true ? "--no-watch" : undefined,
    notify === undefined ? undefined : notify ? "--notify" : "--no-notify",
    allowNetworkFs === true ? "--allow-network-fs" : undefined,
    json === true ? "--json" : undefined,
  ];
  return [...given.filter((each) => each !== undefined), "--", ...ids];
}
