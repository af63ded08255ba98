import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import { parseTemplate, type Template } from "../domain/template.ts";
import { listIfExists, readIfExists } from "../host/files.ts";
import { userConfigFolder } from "../host/user-folders.ts";
import type { Places } from "./places.ts";

/** A template, and whose it is. */
export interface FoundTemplate extends Template {
  readonly source: "repository" | "user";
}

/** The user's own templates, for all their repositories. */
const userTemplates = (): string => join(userConfigFolder(), "templates");

/**
 * Returns all templates by name; the repository's hold against the user's own. One that cannot be read is among `faults`.
 */
export async function readTemplates(places: Places): Promise<{
  readonly templates: readonly FoundTemplate[];
  readonly faults: readonly ChantError[];
}> {
  const found = new Map<string, FoundTemplate>();
  const faults: ChantError[] = [];
  const folders = [
    { folder: places.templates, shown: ".chant/templates", source: "repository" },
    { folder: userTemplates(), shown: userTemplates(), source: "user" },
  ] as const;
  for (const { folder, shown, source } of folders) {
    for (const file of (await listIfExists(folder)).toSorted()) {
      if (!file.endsWith(".md") || file.startsWith(".")) continue;
      const text = await readIfExists(join(folder, file));
      if (text === undefined) continue;
      try {
        const template = parseTemplate(file.slice(0, -3), `${shown}/${file}`, text);
        if (!found.has(template.name)) found.set(template.name, { ...template, source });
      } catch (error) {
        if (!(error instanceof ChantError)) throw error;
        faults.push(error);
      }
    }
  }
  const templates = [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { templates, faults };
}

/** @throws ChantError TEMPLATE_UNKNOWN; CONFIG_INVALID when it may be the one that cannot be read */
export async function requireTemplate(places: Places, name: string): Promise<FoundTemplate> {
  const { templates, faults } = await readTemplates(places);
  const template = templates.find((each) => each.name === name);
  if (template !== undefined) return template;
  const broken = faults.find(({ message }) => message.includes(`/${name}.md:`));
  if (broken !== undefined) throw broken;
  const names = templates.map((each) => each.name);
  const near = closest(name, names);
  const all =
    names.length === 0
      ? "There is none so far. Write one: chant template add NAME"
      : `There are: ${names.join(", ")}.`;
  throw new ChantError("TEMPLATE_UNKNOWN", `There is no template ${JSON.stringify(name)}.`, {
    hint: near === undefined ? all : `Did you mean "${near}"? ${all}`,
  });
}
