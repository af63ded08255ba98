import { basename, dirname } from "node:path";
import { type PromptFacts, renderPrompt } from "../../domain/prompt.ts";
import { readPrompt } from "../../store/prompt-files.ts";

/**
 * Returns what an agent is told at the start of a run.
 * @param promptFile where the prompt is, or would be if it had a file
 * @throws ChantError CONFIG_INVALID, FILE_REFUSED
 */
export async function promptText(promptFile: string, facts: PromptFacts): Promise<string> {
  return renderPrompt(await readPrompt(dirname(promptFile), basename(promptFile, ".md")), facts);
}
