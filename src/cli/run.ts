import { ExitCode, run as runApplication } from "@stricli/core";
import { application, rootHelp } from "./application.ts";
import { prepareArgv } from "./argv.ts";
import type { Context } from "./context.ts";

const MISUSE_STATUS = 2;
const BUG_STATUS = 70;

const HELP: ReadonlySet<string> = new Set(["--help", "-h", "--help-all", "-H"]);

/** Runs one command line and returns its exit status. */
export async function runCli(argv: readonly string[], context: Context): Promise<number> {
  let words: readonly string[];
  try {
    words = prepareArgv(argv);
  } catch (failure) {
    return context.fail(failure);
  }
  if (words.length === 0 || (words.length === 1 && HELP.has(words[0] ?? ""))) {
    context.terminal.out(rootHelp());
    return 0;
  }
  await runApplication(application, words, context);
  const status = Number(context.process.exitCode ?? 0);
  if (status >= 0) return status;
  if (status === ExitCode.InvalidArgument) {
    context.terminal.err(`hint: See what it takes: chant ${words[0] ?? ""} --help\n`);
  }
  return isMisuse(status) ? MISUSE_STATUS : BUG_STATUS;
}

const isMisuse = (status: number): boolean =>
  status === ExitCode.InvalidArgument || status === ExitCode.UnknownCommand;
