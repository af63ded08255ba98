import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { isSpecId } from "../domain/id.ts";
import { statIfExists } from "../host/files.ts";
import { specPath } from "../store/places.ts";
import { readRecord } from "./engine/record.ts";
import { tickFile, type TickReport } from "./tick-file.ts";
import { openWorkspace, requireId, type Workspace } from "./workspace.ts";

/** What the words of a command line ask for. */
export interface TickRequest {
  /** A part of an id; the spec whose worktree this is when left out. */
  readonly partial?: string;
  /** None only shows what there is. */
  readonly numbers: readonly number[] | "all";
}

const NUMBERS = /^\d+(?:,\d+)*$/;

/**
 * Reads `[ID] [N...]`. Inside a worktree digits are a criterion; elsewhere the first word names the spec, whatever it is
 * made of.
 * @throws ChantError USAGE
 */
export function readTickWords(words: readonly string[], isAll: boolean, isInside: boolean): TickRequest {
  const [first] = words;
  if (first === undefined && !isInside) {
    throw new ChantError("USAGE", "Which spec? Only inside the worktree of a run can its id be left out.", {
      hint: "For example: chant tick 001 1 2",
    });
  }
  const hasId = first !== undefined && (!isInside || !NUMBERS.test(first));
  const rest = hasId ? words.slice(1) : words;
  const wrong = rest.find((word) => !NUMBERS.test(word));
  if (wrong !== undefined) {
    throw new ChantError("USAGE", `${JSON.stringify(wrong)} is not the number of a criterion.`, {
      hint: "See the numbers with: chant tick ID",
    });
  }
  if (isAll && rest.length > 0) {
    throw new ChantError("USAGE", "Give either numbers or --all.", { hint: "Nothing was ticked." });
  }
  const numbers = isAll ? "all" : rest.flatMap((word) => word.split(",").map(Number));
  return hasId ? { partial: first, numbers } : { numbers };
}

/** Ticks the spec that an agent was started for: nothing but its file is read. */
export async function tickOwn(
  env: NodeJS.ProcessEnv,
  words: readonly string[],
  isAll: boolean,
): Promise<TickReport | undefined> {
  const { CHANT_SPEC_FILE: file, CHANT_SPEC_ID: id } = env;
  if (file === undefined) return undefined;
  const { partial, numbers } = readTickWords(words, isAll, true);
  return partial === undefined || partial === id ? tickFile(file, numbers) : undefined;
}

/** Ticks criteria: in the worktree of the spec's run where it has one, else in home. */
export async function tickSpec(
  cwd: string,
  env: NodeJS.ProcessEnv,
  words: readonly string[],
  isAll: boolean,
): Promise<TickReport> {
  const own = await tickOwn(env, words, isAll);
  if (own !== undefined) return own;
  const workspace = await openWorkspace(cwd, env);
  const { partial, numbers } = readTickWords(words, isAll, workspace.inside !== undefined);
  const id = partial === undefined ? workspace.inside?.id : await requireId(workspace, partial);
  if (id === undefined || !isSpecId(id)) throw new Error("a worktree without an id");
  return tickFile(await fileToTick(workspace, id), numbers);
}

async function fileToTick({ places }: Workspace, id: string): Promise<string> {
  const worktree = (await readRecord(places, id))?.worktree;
  const worked = worktree === undefined ? undefined : join(worktree, specPath(id));
  if (worked !== undefined && (await statIfExists(worked)) !== undefined) return worked;
  return join(places.specs, `${id}.md`);
}
