import type { Config } from "../../domain/config.ts";
import { configProblem, readConfigsWith, CONFIG_NAME } from "../../store/config.ts";
import type { Places } from "../../store/places.ts";
import type { ObjectReader } from "../../git/object-reader.ts";
import type { Trees } from "../../git/tree.ts";
import { untrustedAmong } from "./command-trust.ts";

/** What must succeed on a target's files before anything lands there. */
export interface GateRules {
  readonly commands: readonly string[];
  readonly timeoutMs: number;
  readonly onFailure: Config["merge"]["onGateFailure"];
  /** Why nothing can be tried, as a clause. */
  readonly problem?: string;
}

/** Where the rules are read. */
export interface RulePlaces {
  readonly places: Places;
  readonly config: Config;
  readonly reader: ObjectReader;
  readonly trees: Trees;
}

/**
 * Reads the gates of a target from its own configuration, as its tree has it: what a branch says of them does not count.
 * Where the target has none, as it is not tracked, it is the one on disk.
 */
export async function gateRules(engine: RulePlaces, tree: string): Promise<GateRules> {
  const entry = await engine.trees.find(tree, CONFIG_NAME);
  const { config, problem } =
    entry === undefined ? { config: engine.config, problem: undefined } : await configAt(engine, entry.oid);
  const { gates, gateTimeoutMinutes, onGateFailure } = config.merge;
  const rules: GateRules = {
    commands: gates,
    timeoutMs: gateTimeoutMinutes * 60_000,
    onFailure: onGateFailure,
  };
  if (problem !== undefined) return { ...rules, problem: `its gates are not known: ${problem}` };
  const [untrusted] = gates.length === 0 ? [] : await untrustedAmong(engine.places, gates);
  if (untrusted === undefined) return rules;
  return {
    ...rules,
    problem: `nobody has let the gate ${JSON.stringify(untrusted)} run here yet (chant trust commands)`,
  };
}

type Known = { readonly config: Config; readonly problem: string | undefined };

/** The configuration that was read last, of each repository: it is asked for with every landing. */
const known = new WeakMap<ObjectReader, { readonly oid: string } & Known>();

async function configAt({ reader }: RulePlaces, oid: string): Promise<Known> {
  const last = known.get(reader);
  if (last?.oid === oid) return last;
  const { config, problems } = await readConfigsWith((await reader.require(oid)).content.toString("utf8"));
  const found = { oid, config, problem: configProblem(problems) };
  known.set(reader, found);
  return found;
}
