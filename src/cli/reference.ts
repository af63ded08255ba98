import { type Application, type CommandContext, generateHelpTextForAllCommands } from "@stricli/core";
import { application, COMMANDS, rootHelp } from "./application.ts";

/** Returns docs/reference/commands.md: the help of every command, as it prints it. */
export function commandReference(): string {
  // Nothing is run for its help text, so no context is needed.
  const helps = new Map(
    generateHelpTextForAllCommands(application as unknown as Application<CommandContext>),
  );
  const sections = Object.entries(COMMANDS).map(([name, { brief }]) => {
    const help = helps.get(`chant ${name}`) ?? "";
    return `## chant ${name}\n\n${brief}.\n\n${fenced(help)}`;
  });
  const head = [
    "# Commands",
    "<!-- Written by scripts/reference.mjs from the commands themselves: change those, then run it again. -->",
    fenced(rootHelp()),
  ];
  return `${[...head, ...sections].join("\n\n")}\n`;
}

const fenced = (text: string): string => `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
