import { deriveKeys, type Derived } from "../../app/derive.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { ChantError } from "../../kit/errors.ts";
import { escapeTerminal, plural } from "../../kit/text.ts";
import { type Context, printJson } from "../context.ts";
import type { DeriveFlags } from "./derive.ts";

export async function run(context: Context, flags: DeriveFlags, ...partials: string[]): Promise<number> {
  const isAll = flags.all ?? false;
  if (isAll === partials.length > 0) {
    throw new ChantError("USAGE", isAll ? "--all takes no ids." : "Which specs? Name them, or say --all.", {
      hint: "For example: chant derive --all --dry-run. Nothing was written.",
    });
  }
  const { terminal } = context;
  const isDryRun = flags.dryRun ?? false;
  const workspace = await openWorkspace(context.cwd, context.env);
  const specs = await deriveKeys(workspace, { partials, isDryRun, env: context.env });
  const left = specs.filter((spec) => spec.left !== undefined);
  const status = left.length > 0 ? 1 : 0;
  if (flags.json === true) {
    printJson(context, specs);
    return status;
  }
  terminal.out(specs.flatMap(changeLines).join(""));
  terminal.err(
    [...specs.flatMap((spec) => noteLines(spec, partials.length > 0)), summary(specs, isDryRun)].join(""),
  );
  return status;
}

const line = (text: string): string => `${escapeTerminal(text)}\n`;

const changeLines = ({ id, changes, left }: Derived): readonly string[] =>
  Object.entries(changes).flatMap(([key, value]) =>
    // The list of what was derived follows from the rest.
    left === undefined && typeof value === "string" ? [line(`${id}  ${key}: ${value}`)] : [],
  );

/** Whoever asked about single specs wants to know why a key is not among what was set. */
const noteLines = ({ id, kept, unmatched, odd, left }: Derived, isNamed: boolean): readonly string[] => [
  ...(left === undefined ? [] : [line(`${id} is left alone: ${left}.`)]),
  ...odd.map(({ key, value, values }) =>
    line(`warning: ${id}: "${key}" is ${JSON.stringify(value)}, and none of ${values.join(", ")}.`),
  ),
  ...(isNamed ? kept.map((key) => line(`${id}: "${key}" was written by hand, and stays.`)) : []),
  ...(isNamed ? unmatched.map((key) => line(`${id}: nothing was found for "${key}".`)) : []),
];

function summary(specs: readonly Derived[], isDryRun: boolean): string {
  const changed = specs.filter(({ changes, left }) => left === undefined && Object.keys(changes).length > 0);
  const verb = isDryRun ? "would change" : "changed";
  return `${plural(changed.length, "spec")} of ${specs.length} ${verb}.\n`;
}
