import { defineCommand } from "../command.ts";
import { jsonFlag, word } from "../parameters.ts";

const WORDS = ["list", "clear", "off", "on"] as const;

export type LimitsWord = (typeof WORDS)[number];
export type LimitsFlags = { readonly json?: boolean };

function limitsWord(input: string): LimitsWord {
  const found = WORDS.find((each) => each === input);
  if (found !== undefined) return found;
  throw new SyntaxError(`it must be one of ${WORDS.join(", ")}`);
}

export const limitsCommand = defineCommand<LimitsFlags, [what?: LimitsWord, account?: string]>({
  usage: "[list | clear [ACCOUNT] | off | on] [--json]",
  brief: "See which accounts wait for a rate limit, and end the waiting",
  description: `When an agent meets the rate limit of its account (a key, or the login of its program), every run of that account
waits until the limit ends, in all your repositories on this machine, and they go on spread over some seconds. Runs of
other accounts go on. No key is stored: an account is known by its provider and a hash.

Without a word, or with list, it prints who waits until when. clear ends the waiting for one account, or for all: what
waited is tried again within some seconds. off has each run wait only for what it has met itself; on undoes that.`,
  examples: [
    ["chant limits", "who waits, and until when"],
    ["chant limits clear claude-1f3c9a2b", "the limit was raised: go on"],
    ["chant limits off", "no run waits for what another one has met"],
  ],
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "What to do", parse: limitsWord, placeholder: "list|clear|off|on", optional: true },
        { brief: "The account, as list has it", parse: word, placeholder: "ACCOUNT", optional: true },
      ],
    },
  },
  body: () => import("./limits.impl.ts"),
});
