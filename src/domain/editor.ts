/**
 * Returns the command line of the person's editor, as a shell takes it, or undefined when none is set. By custom VISUAL
 * fills a screen, so it counts on a terminal alone; EDITOR may be a script.
 */
export function editorOf(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): string | undefined {
  const names = isTerminal ? ["VISUAL", "EDITOR"] : ["EDITOR"];
  return names.map((name) => env[name]).find((words) => words !== undefined && words.trim() !== "");
}
