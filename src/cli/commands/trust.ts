import { defineCommand } from "../command.ts";
import { jsonFlag, toggle } from "../parameters.ts";

export type TrustFlags = { readonly yes?: boolean; readonly json?: boolean };

export const trustCommand = defineCommand<TrustFlags, [what: "git-config"]>({
  usage: "git-config [--yes] [--json]",
  brief: "Accept a git configuration that changed while an agent ran",
  description: `When the repository's git configuration has got something that can run code (a filter, a hook, an include) since an
agent started, its landing waits: git would run it in your checkout, with your rights. This shows what changed; with
--yes, or after your yes on a terminal, it is accepted as it is now, once, and the landing goes ahead.`,
  examples: [
    ["chant trust git-config", "show what changed, and ask"],
    ["chant trust git-config --yes", "accept it"],
  ],
  parameters: {
    flags: { yes: toggle("Accept without a question"), json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "What to trust",
          parse: (input: string): "git-config" => {
            if (input === "git-config") return input;
            throw new SyntaxError('Only "git-config" can be trusted.');
          },
          placeholder: "git-config",
        },
      ],
    },
  },
  body: () => import("./trust.impl.ts"),
});
