import { checkConfig, showConfig } from "../../app/config.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { configJsonSchema } from "../../domain/config-json-schema.ts";
import { ChantError } from "../../kit/errors.ts";
import { escapeTerminal, plural } from "../../kit/text.ts";
import { configLines } from "../config-text.ts";
import { type Context, printJson } from "../context.ts";
import { countFindings } from "../lint-text.ts";
import type { ConfigFlags, ConfigWord } from "./config.ts";

export async function run(
  context: Context,
  flags: ConfigFlags,
  what: ConfigWord,
  key?: string,
): Promise<number> {
  if (key !== undefined && what !== "show") {
    throw new ChantError("USAGE", `chant config ${what} takes no key.`, {
      hint: `See one with: chant config show ${key}`,
    });
  }
  if (what === "schema") {
    // A file that editors read as it is: no object of chant's own around it.
    context.terminal.out(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
    return 0;
  }
  return what === "check" ? check(context, flags) : show(context, flags, key);
}

async function check(context: Context, flags: ConfigFlags): Promise<number> {
  const { terminal } = context;
  const problems = await checkConfig(await openWorkspace(context.cwd, context.env), context.env);
  const counts = countFindings(problems);
  if (flags.json === true) {
    printJson(context, { ...counts, problems });
    return counts.errors > 0 ? 1 : 0;
  }
  for (const { file, line, column, severity, message, hint } of problems) {
    terminal.out(`${escapeTerminal(`${file}:${line}:${column}: ${severity}: ${message}`)}\n`);
    if (hint !== undefined) terminal.out(`${escapeTerminal(`  hint: ${hint}`)}\n`);
  }
  terminal.err(
    problems.length === 0
      ? "Nothing is wrong with the configuration.\n"
      : `${plural(counts.errors, "error")} and ${plural(counts.warnings, "warning")}.\n`,
  );
  return counts.errors > 0 ? 1 : 0;
}

async function show(context: Context, flags: ConfigFlags, key: string | undefined): Promise<number> {
  const { terminal } = context;
  const { keys, errors } = await showConfig(await openWorkspace(context.cwd, context.env), key);
  if (flags.json === true) printJson(context, keys);
  else terminal.out(`${configLines(keys)}\n`);
  if (errors > 0) {
    terminal.err(
      `${plural(errors, "value")} that ${errors === 1 ? "is" : "are"} not allowed ${errors === 1 ? "is" : "are"} left out.\nhint: See which: chant config check\n`,
    );
  }
  return 0;
}
