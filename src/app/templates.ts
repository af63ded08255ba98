import { join, relative } from "node:path";
import { editFrontMatter } from "../domain/front-matter.ts";
import { isTemplateName, isVariableName, parseTemplate } from "../domain/template.ts";
import { ChantError } from "../kit/errors.ts";
import { createAtomic, makeFolder } from "../host/files.ts";
import { readTemplates, requireTemplate, type FoundTemplate } from "../store/template-files.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

/**
 * Returns all templates, and those that cannot be read as faults.
 * @throws ChantError NOT_INITIALISED
 */
export async function listTemplates(
  workspace: Workspace,
): Promise<Awaited<ReturnType<typeof readTemplates>>> {
  await requireInitialised(workspace);
  return readTemplates(workspace.places);
}

/** @throws ChantError NOT_INITIALISED, TEMPLATE_UNKNOWN, CONFIG_INVALID */
export async function showTemplate(workspace: Workspace, name: string): Promise<FoundTemplate> {
  await requireInitialised(workspace);
  return requireTemplate(workspace.places, name);
}

export interface NewTemplate {
  readonly name: string;
  readonly description: string | undefined;
  /** `NAME`, which must be given then, or `NAME=DEFAULT`. */
  readonly variables: readonly string[];
  /** What the specs are to say; a short beginning when left out. */
  readonly body: string | undefined;
}

const BODY = `# {{title}}

What is wrong, or wanted, and why.

## Acceptance Criteria

- [ ] Something that somebody else can check
`;

/**
 * Writes a new template of the repository's, and returns its path relative to home. Nothing is committed.
 * @throws ChantError NOT_INITIALISED, USAGE, CONFIG_INVALID with nothing written; FILE_REFUSED when it is there already
 */
export async function addTemplate(workspace: Workspace, request: NewTemplate): Promise<string> {
  await requireInitialised(workspace);
  const { repo, places } = workspace;
  const { name, description } = request;
  if (!isTemplateName(name)) {
    throw new ChantError("USAGE", `${JSON.stringify(name)} cannot be the name of a template.`, {
      hint: "A name is made of letters, digits, - and _, such as: chant template add bug. Nothing was written.",
    });
  }
  const front = editFrontMatter(`\n${(request.body ?? BODY).trim()}\n`, { name, description });
  const text = front.replace(/\n---\n/, `\n${variableLines(request.variables)}---\n`);
  const path = join(places.templates, `${name}.md`);
  const file = relative(repo.home, path);
  parseTemplate(name, file, text);
  await makeFolder(places.templates);
  if (await createAtomic(path, text)) return file;
  throw new ChantError("FILE_REFUSED", `${file} is there already, and was left as it is.`, {
    hint: `See it: chant template show ${name}`,
  });
}

function variableLines(variables: readonly string[]): string {
  if (variables.length === 0) return "";
  const items = variables.map((variable) => {
    const [name = "", ...rest] = variable.split("=");
    if (!isVariableName(name)) {
      throw new ChantError("USAGE", `${JSON.stringify(variable)} is no variable.`, {
        hint: "Write --var NAME for one that must be given, --var NAME=DEFAULT for another. Nothing was written.",
      });
    }
    const more = rest.length === 0 ? "required: true" : `default: ${JSON.stringify(rest.join("="))}`;
    return `  - name: ${name}\n    description: ""\n    ${more}\n`;
  });
  return `variables:\n${items.join("")}`;
}
