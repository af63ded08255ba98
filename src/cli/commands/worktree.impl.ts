import { openWorkspace, requireInitialised } from "../../app/workspace.ts";
import { listWorktrees, openWorktree, worktreePath, worktreeStatus } from "../../app/worktrees.ts";
import { ChantError } from "../../kit/errors.ts";
import { columns, escapeTerminal } from "../../kit/text.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { type Context, printJson } from "../context.ts";
import { worktreeLines } from "../worktree-text.ts";
import type { WorktreeFlags, WorktreeWord } from "./worktree.ts";

export async function run(
  context: Context,
  { json = false }: WorktreeFlags,
  what: WorktreeWord,
  id?: string,
): Promise<number> {
  const { terminal, cwd, env } = context;
  const workspace = await openWorkspace(cwd, env);
  await requireInitialised(workspace);
  switch (what) {
    case "list": {
      if (id !== undefined) throw misuse("chant worktree list takes no ID.", `chant worktree status ${id}`);
      const worktrees = await listWorktrees(workspace);
      if (json) printJson(context, worktrees);
      else if (worktrees.length === 0) terminal.err("No run has a worktree now.\n");
      else {
        const rows = worktrees.map(({ id: spec, state, path, isThere }) => [
          spec,
          isThere ? state : `${state}, and it is gone`,
          escapeTerminal(path),
        ]);
        terminal.out(`${columns(rows)}\n`);
      }
      return 0;
    }
    case "status": {
      const found = await worktreeStatus(workspace, id);
      if (json) printJson(context, found);
      else if (found.length === 0) terminal.err("No run has a worktree now.\n");
      else terminal.out(`${found.map((each) => worktreeLines(each).join("\n")).join("\n\n")}\n`);
      return 0;
    }
    case "path": {
      if (id === undefined) throw misuse("chant worktree path needs an ID.", "chant worktree list");
      const path = await worktreePath(workspace, id);
      if (json) printJson(context, { path });
      else terminal.out(`${path}\n`);
      return 0;
    }
    case "open": {
      if (id === undefined) throw misuse("chant worktree open needs an ID.", "chant worktree list");
      if (json) throw misuse("chant worktree open has no --json.", `chant worktree open ${id}`);
      return openWorktree(workspace, {
        partial: id,
        env,
        isTerminal: terminal.isTerminal(0) && terminal.isTerminal(1),
        warn: (words) => terminal.err(`${words}\n`),
      });
    }
    default:
      return unreachable(what);
  }
}

const misuse = (message: string, command: string): ChantError =>
  new ChantError("USAGE", message, { hint: `For example: ${command}` });
