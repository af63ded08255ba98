import { defineCommand } from "../command.ts";
import { jsonFlag, word } from "../parameters.ts";

const WORDS = ["list", "status", "path", "open"] as const;

export type WorktreeWord = (typeof WORDS)[number];
export type WorktreeFlags = { readonly json?: boolean };

function worktreeWord(input: string): WorktreeWord {
  const found = WORDS.find((each) => each === input);
  if (found !== undefined) return found;
  throw new SyntaxError(`it must be one of ${WORDS.join(", ")}`);
}

export const worktreeCommand = defineCommand<WorktreeFlags, [what: WorktreeWord, id?: string]>({
  usage: "list|status|path|open [ID] [--json]",
  brief: "Find the worktrees of runs, look into them, or open one",
  description: `Every run has a worktree of its own, from its start until it has landed.

list prints each with its spec, state and folder. status says also what is in them, or in that of ID: how many commits,
what no commit holds yet, and its ports. path ID prints the folder alone. open ID opens it in the editor that VISUAL or
EDITOR names, or, on a terminal without either, in a shell there. None of them changes anything.`,
  examples: [
    ["chant worktree list", "where they are"],
    ["chant worktree status 001", "what one holds"],
    ['cd "$(chant worktree path x7m)"', "go there"],
    ["chant worktree open x7m", "in your editor"],
  ],
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "What to do", parse: worktreeWord, placeholder: "list|status|path|open" },
        {
          brief: "The spec: its id, or a part that only it has",
          parse: word,
          placeholder: "ID",
          optional: true,
        },
      ],
    },
  },
  body: () => import("./worktree.impl.ts"),
});
