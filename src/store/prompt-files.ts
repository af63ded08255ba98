import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import {
  layersOf,
  parentOf,
  PROMPT_NAME,
  PromptFault,
  type PromptFile,
  type PromptPart,
} from "../domain/prompt-layers.ts";
import { SHIPPED_PROMPTS } from "../domain/shipped-prompts.ts";
import { listIfExists, readIfExists } from "../host/files.ts";

/** Returns the names of the prompts that there are, as files or without one. */
export async function promptNames(folder: string): Promise<readonly string[]> {
  const files = (await listIfExists(folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -3))
    .filter((name) => PROMPT_NAME.test(name));
  return [...new Set([...files, ...SHIPPED_PROMPTS.keys()])].toSorted();
}

/**
 * Returns a prompt with all that it extends in its place.
 * @throws PromptFault when one that it extends is not there, or they extend each other
 * @throws ChantError FILE_REFUSED when it is not there itself
 */
export async function readPrompt(folder: string, name: string): Promise<readonly PromptPart[]> {
  const own = await readOne(folder, name);
  if (own === undefined) throw await unknownPrompt(folder, name);
  const chain = [own];
  for (let last = own; ;) {
    const parent = parentOf(last);
    if (parent === undefined) return layersOf(chain);
    const place = { file: last.file, line: parent.line };
    if (chain.some((each) => each.name === parent.name)) {
      const circle = [...chain.map((each) => each.name), parent.name].join(" -> ");
      const hint = 'Take one of the lines with "extends" out.';
      throw new PromptFault(place, `these prompts extend each other: ${circle}.`, hint);
    }
    const next = await readOne(folder, parent.name);
    if (next === undefined) {
      const hint = await namesHint(folder, parent.name);
      throw new PromptFault(place, `it extends "${parent.name}", which does not exist.`, hint);
    }
    chain.push(next);
    last = next;
  }
}

async function readOne(folder: string, name: string): Promise<PromptFile | undefined> {
  if (!PROMPT_NAME.test(name)) return undefined;
  const text = await readIfExists(join(folder, `${name}.md`));
  if (text !== undefined) return { name, text, file: `.chant/prompts/${name}.md` };
  const shipped = SHIPPED_PROMPTS.get(name);
  return shipped === undefined
    ? undefined
    : { name, text: shipped, file: `the prompt ${name} that comes with chant` };
}

/** An agent without its prompt would not know its rules. */
const unknownPrompt = async (folder: string, name: string): Promise<ChantError> =>
  new ChantError("FILE_REFUSED", `There is no prompt ${JSON.stringify(name)} in .chant/prompts.`, {
    hint: await namesHint(folder, name),
  });

async function namesHint(folder: string, name: string): Promise<string> {
  const names = await promptNames(folder);
  const near = closest(name, names);
  const known = `There are: ${names.join(", ")}.`;
  return near === undefined ? known : `Did you mean "${near}"? ${known}`;
}
