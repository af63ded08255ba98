import { defineCommand } from "../command.ts";
import { jsonFlag, toggle } from "../parameters.ts";

export type TrustFlags = { readonly yes?: boolean; readonly json?: boolean };

const TRUSTABLE = ["git-config", "commands"] as const;
export type Trustable = (typeof TRUSTABLE)[number];

export const trustCommand = defineCommand<TrustFlags, [what?: Trustable]>({
  usage: "[git-config | commands] [--yes] [--json]",
  brief: "Look at what would run with your rights, and let it",
  description: `Some things that stand in files would run with your rights. Until you have let them, what needs them waits.

git-config: what the repository's git configuration has got since an agent started that can run code (a filter, a hook,
an include). The landing waits, as git would run it in your checkout.

commands: those that specs name as the checks of their criteria, those under worktree.setup and worktree.teardown, and
the merge.gates of the branch that you are on. They are remembered by their whole text, in this clone alone; one that was
changed is asked about anew.

Without a word it is both. This shows them; with --yes, or after your yes on a terminal, they are trusted as they are
now. What an agent asks for in its own name is refused.`,
  examples: [
    ["chant trust", "show what is not trusted yet, and ask"],
    ["chant trust commands --yes", "let the checks of all specs run"],
    ["chant trust git-config --yes", "accept the git configuration as it is now"],
  ],
  parameters: {
    flags: { yes: toggle("Accept without a question"), json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "What to trust: git-config or commands; both when left out",
          parse: (input: string): Trustable => {
            const found = TRUSTABLE.find((each) => each === input);
            if (found !== undefined) return found;
            throw new SyntaxError('Only "git-config" and "commands" can be trusted.');
          },
          placeholder: "git-config | commands",
          optional: true,
        },
      ],
    },
  },
  body: () => import("./trust.impl.ts"),
});
