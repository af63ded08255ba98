import { ChantError } from "../../kit/errors.ts";
import { add } from "../../app/add.ts";
import { readTextFile } from "../../app/text-file.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { eventTeller } from "../outcomes.ts";
import type { AddFlags } from "./add.ts";

export async function run(context: Context, flags: AddFlags, ...words: string[]): Promise<void> {
  if (words.length === 0) {
    throw new ChantError("USAGE", "A spec needs a title.", {
      hint: 'For example: chant add "Sort the list"',
    });
  }
  const workspace = await openWorkspace(context.cwd, context.env);
  const { bodyFile } = flags;
  const body =
    bodyFile === "-" ? context.terminal.readAll() : bodyFile && (await readTextFile(context.cwd, bodyFile));
  const spec = {
    title: words.join(" "),
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
