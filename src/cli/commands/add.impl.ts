import { ChantError } from "../../kit/errors.ts";
import { add, type AddRequest } from "../../app/add.ts";
import { readTextFile } from "../../app/text-file.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { eventTeller } from "../outcomes.ts";
import type { AddFlags } from "./add.ts";

export async function run(context: Context, flags: AddFlags, ...words: string[]): Promise<void> {
  if (words.length === 0 && flags.template === undefined) {
    throw new ChantError("USAGE", "A spec needs a title.", {
      hint: 'For example: chant add "Sort the list"',
    });
  }
  const template = templateOf(flags);
  const workspace = await openWorkspace(context.cwd, context.env);
  const { bodyFile } = flags;
  const body =
    bodyFile === "-" ? context.terminal.readAll() : bodyFile && (await readTextFile(context.cwd, bodyFile));
  const spec = {
    title: words.length === 0 ? undefined : words.join(" "),
    type: flags.type,
    labels: flags.label,
    dependsOn: flags.dependsOn,
    criteria: flags.criterion,
    targetFiles: flags.targetFile,
    priority: flags.priority,
    prompt: flags.prompt,
    agent: flags.agent,
    needsApproval: flags.needsApproval,
    body,
  };
  const request = {
    spec,
    commit: flags.commit ?? false,
    ...(template === undefined ? {} : { template }),
    ...(flags.group === undefined ? {} : { group: flags.group }),
  };
  const added = await add(workspace, request, context.clock, eventTeller(context));
  if (flags.json) return printJson(context, added);
  context.terminal.out(`${added.id}  ${added.path}\n`);
  for (const driver of added.reopened ?? []) {
    context.terminal.err(`${driver} was completed, and is open again.\n`);
  }
  if (!context.terminal.isTerminal(2)) return;
  const next = flags.needsApproval === true ? "Approve it: chant approve" : "Give it to an agent: chant work";
  context.terminal.err(`hint: ${next} ${added.id}\n`);
}

/** @throws ChantError USAGE for flags that do not go together, and what is no pair */
function templateOf({ template, var: pairs = [], bodyFile }: AddFlags): AddRequest["template"] {
  if (template === undefined) {
    if (pairs.length === 0) return undefined;
    throw new ChantError("USAGE", "--var is for a template.", {
      hint: "Name it, for example: chant add --template bug --var component=auth. Nothing was written.",
    });
  }
  if (bodyFile !== undefined) {
    throw new ChantError("USAGE", "--body-file does not go with --template: the template has the text.", {
      hint: "Leave one of them out. Nothing was written.",
    });
  }
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const [name = "", ...rest] = pair.split("=");
    if (rest.length === 0 || name === "" || values.has(name)) {
      const why = values.has(name) ? `gives "${name}" twice` : "is no NAME=VALUE";
      throw new ChantError("USAGE", `--var ${pair} ${why}.`, {
        hint: "For example: --var component=auth. Nothing was written.",
      });
    }
    values.set(name, rest.join("="));
  }
  return { name: template, values };
}
