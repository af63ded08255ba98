import { join } from "node:path";
import { type Check, checkOf } from "../../domain/doctor.ts";
import type { Finding } from "../../domain/lint/finding.ts";
import { statIfExists } from "../../host/files.ts";
import { plural } from "../../kit/text.ts";
import { lintSpecs } from "../lint.ts";
import type { Workspace } from "../workspace.ts";

/** Names what of the Rust chant stands in specs and means nothing here, once a key, with what is instead. */
export async function checkRustChant(workspace: Workspace): Promise<readonly Check[]> {
  const { findings } = await lintSpecs(workspace, []);
  const former = Map.groupBy(
    findings.filter(({ rule }) => rule === "former-key" || rule === "members-differ"),
    ({ message, rule }) =>
      rule === "former-key" ? message : '"members" says other than the names of the files.',
  );
  const keys = [...former].map(([message, found]) =>
    checkOf("rust-chant", "info", textOf(message, found), mendOf(found)),
  );
  return [...(await checkAgentsFile(workspace)), ...keys];
}

/** Each person's own list of agents, which git ignored. */
async function checkAgentsFile({ places }: Workspace): Promise<readonly Check[]> {
  if ((await statIfExists(join(places.chant, "agents.md"))) === undefined) return [];
  return [
    checkOf(
      "rust-chant",
      "warning",
      ".chant/agents.md is not read: the Rust chant found each person's own agents there.",
      'Describe them under "agents" in the configuration of your own, and take the list out of .chant/config.md.',
    ),
  ];
}

function textOf(message: string, found: readonly Finding[]): string {
  const [first] = found;
  const place = first === undefined ? "" : `${first.file}:${first.line}`;
  return `${message.replace(/\.$/, "")} (in ${plural(found.length, "spec")}${found.length > 1 ? ", the first" : ""}: ${place}).`;
}

/** One spec's hint where there is one alone; else where all of them stand. */
const mendOf = ([only, ...others]: readonly Finding[]): string =>
  others.length === 0 && only?.hint !== undefined ? only.hint : "chant lint";
