import { editSpec } from "../../app/edit.ts";
import { openWorkspace } from "../../app/workspace.ts";
import type { Context } from "../context.ts";
import { countFindings, findingLines, lintSummary } from "../lint-text.ts";

export async function run({ terminal, cwd, env }: Context, _: unknown, partial: string): Promise<number> {
  const { id, isChanged, lint } = await editSpec(await openWorkspace(cwd, env), {
    partial,
    env,
    isTerminal: terminal.isTerminal(0) && terminal.isTerminal(1),
    warn: (words) => terminal.err(`${words}\n`),
  });
  terminal.out(
    findingLines(lint)
      .map((line) => `${line}\n`)
      .join(""),
  );
  terminal.err(`${isChanged ? `Saved ${id}` : `${id} is as it was`}. ${lintSummary(lint)}\n`);
  const { errors } = countFindings(lint.findings);
  if (errors > 0) terminal.err(`hint: Mend it: chant edit ${id}\n`);
  return errors > 0 ? 1 : 0;
}
