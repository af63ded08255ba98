import { addTemplate, listTemplates, showTemplate } from "../../app/templates.ts";
import { readTextFile } from "../../app/text-file.ts";
import { openWorkspace, type Workspace } from "../../app/workspace.ts";
import { templateExample } from "../../domain/template-fill.ts";
import { ChantError } from "../../kit/errors.ts";
import { columns, escapeTerminal } from "../../kit/text.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { type Context, printJson } from "../context.ts";
import type { TemplateFlags, TemplateWord } from "./template.ts";

export async function run(
  context: Context,
  flags: TemplateFlags,
  what: TemplateWord,
  name?: string,
): Promise<number> {
  if (what === "list" ? name !== undefined : name === undefined) {
    throw new ChantError(
      "USAGE",
      `chant template ${what} ${what === "list" ? "takes no" : "needs a"} name.`,
      {
        hint:
          what === "list"
            ? `See one with: chant template show ${name}`
            : `For example: chant template ${what} bug`,
      },
    );
  }
  const isForAdd = flags.description ?? flags.var ?? flags.bodyFile;
  if (what !== "add" && isForAdd !== undefined) {
    throw new ChantError("USAGE", "--description, --var and --body-file are for chant template add.", {
      hint: "To add a spec by a template: chant add --template NAME --var NAME=VALUE",
    });
  }
  const workspace = await openWorkspace(context.cwd, context.env);
  switch (what) {
    case "list":
      return list(context, flags, workspace);
    case "show":
      return show(context, flags, workspace, name ?? "");
    case "add":
      return add(context, flags, workspace, name ?? "");
    default:
      return unreachable(what);
  }
}

async function list(context: Context, flags: TemplateFlags, workspace: Workspace): Promise<number> {
  const { terminal } = context;
  const { templates, faults } = await listTemplates(workspace);
  if (flags.json === true) {
    const shown = templates.map(({ name, description, file, source, variables }) => ({
      name,
      description,
      file,
      source,
      variables,
    }));
    printJson(context, { templates: shown, faults: faults.map(({ message }) => message) });
  } else if (templates.length > 0) {
    const rows = templates.map(({ name, description, variables }) => [
      name,
      variables.map((each) => (each.isRequired ? each.name : `[${each.name}]`)).join(" "),
      escapeTerminal(description),
    ]);
    terminal.out(`${columns(rows)}\n`);
  } else if (faults.length === 0) {
    terminal.err("No templates.\nhint: Write one: chant template add bug\n");
  }
  for (const { message } of flags.json === true ? [] : faults) terminal.err(`${escapeTerminal(message)}\n`);
  return faults.length > 0 ? 1 : 0;
}

async function show(
  context: Context,
  flags: TemplateFlags,
  workspace: Workspace,
  name: string,
): Promise<number> {
  const template = await showTemplate(workspace, name);
  const { description, file, source, variables, text } = template;
  const example = templateExample(template);
  if (flags.json === true) {
    printJson(context, { name: template.name, description, file, source, variables, text, example });
    return 0;
  }
  const rows = variables.map((each) => [
    `  ${each.name}`,
    each.isRequired ? "required" : `default ${JSON.stringify(each.default ?? "")}`,
    each.description,
  ]);
  const head = [
    `${template.name}  ${description}`.trimEnd(),
    file,
    ...(rows.length === 0 ? [] : [columns(rows)]),
  ];
  const shown = `${head.join("\n")}\n\n${text.trimEnd()}\n`;
  context.terminal.out(escapeTerminal(shown, { keepLayout: true }));
  context.terminal.err(`hint: ${escapeTerminal(example)}\n`);
  return 0;
}

async function add(
  context: Context,
  flags: TemplateFlags,
  workspace: Workspace,
  name: string,
): Promise<number> {
  const { bodyFile } = flags;
  const body =
    bodyFile === "-"
      ? context.terminal.readAll()
      : bodyFile === undefined
        ? undefined
        : await readTextFile(context.cwd, bodyFile);
  const file = await addTemplate(workspace, {
    name,
    description: flags.description,
    variables: flags.var ?? [],
    body,
  });
  if (flags.json === true) printJson(context, { name, file });
  else context.terminal.out(`${name}  ${file}\n`);
  return 0;
}
