import { type Aliases, buildCommand, type Command, type TypedCommandParameters } from "@stricli/core";
import type { Context } from "./context.ts";

type Flags = Readonly<Record<string, unknown>>;
type Words = readonly unknown[];

/** What a command does: returns its exit status, 0 when it returns nothing. */
export type CommandBody<F extends Flags, W extends Words> = (
  context: Context,
  flags: F,
  ...words: W
) => Promise<number | void>;

export interface CommandDefinition<F extends Flags, W extends Words> {
  /** The words behind the command's name, as they may be given. */
  readonly usage: string;
  /** One line without a period. */
  readonly brief: string;
  /** What it does and does not do, in a paragraph or two. */
  readonly description: string;
  /** Command lines that can be copied, each with what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly parameters: TypedCommandParameters<F, W, Context> & {
    readonly aliases?: Aliases<keyof F & string>;
  };
  /** The code, loaded when the command runs. */
  readonly body: () => Promise<{ readonly run: CommandBody<F, W> }>;
}

/** Builds a command whose help ends in examples, and whose failures are told in one place. */
export function defineCommand<F extends Flags, W extends Words>(
  definition: CommandDefinition<F, W>,
): Command<Context> {
  const { usage, brief, description, examples, parameters, body } = definition;
  return buildCommand<F, W, Context>({
    docs: { brief, customUsage: [usage], fullDescription: `${description}\n\n${examplesText(examples)}` },
    parameters,
    loader: async () => {
      const { run } = await body();
      return async function runAndReport(this: Context, flags: F, ...words: W): Promise<void> {
        try {
          const status = await run(this, flags, ...words);
          if (typeof status === "number" && status !== 0) this.process.exitCode = status;
        } catch (failure) {
          this.process.exitCode = await this.fail(failure);
        }
      };
    },
  });
}

function examplesText(examples: CommandDefinition<Flags, Words>["examples"]): string {
  return ["EXAMPLES", ...examples.map(([line, purpose]) => `  ${line}\n    ${purpose}`)].join("\n");
}
