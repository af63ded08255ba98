import {
  agentEntry,
  INIT_PROVIDERS,
  type InitProvider,
  OWN_AGENT,
  ownEntry,
} from "../../domain/agent-provider.ts";
import { ChantError } from "../../kit/errors.ts";
import { noteFilesFor, type NotesWish } from "../../app/agent-notes.ts";
import { checkAgents } from "../../app/doctor/agents.ts";
import { init } from "../../app/init.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { splitWords } from "../words.ts";
import type { InitFlags } from "./init.ts";

const DEFAULT_MAX = 4;
/** How long an agent's program may take to tell its version, in milliseconds. */
const LOOK_MS = 3_000;

export async function run(context: Context, flags: InitFlags): Promise<void> {
  const workspace = await openWorkspace(context.cwd, context.env);
  const asks =
    !flags.defaults && !flags.json && context.terminal.isTerminal(0) && context.terminal.isTerminal(2);
  const agent = flags.agent ?? (asks && flags.provider === undefined ? askForAgent(context) : "");
  const typed = splitWords(agent);
  const named = flags.provider === undefined ? providerNamed(typed) : undefined;
  const provider = flags.provider ?? named;
  const words = named === undefined ? typed : [];
  const { model } = flags;
  requireFitting(flags, provider);
  const parallel = flags.max ?? (asks ? askForMax(context) : DEFAULT_MAX);
  const report = await init(workspace, {
    agent: words,
    ...(provider === undefined
      ? {}
      : { provider: { name: provider, ...(model === undefined ? {} : { model }) } }),
    parallel,
    isSilent: flags.silent === true,
    notes: notesOf(flags.notes, provider === undefined ? words : [provider]),
  });
  if (flags.json) return printJson(context, report);
  for (const path of report.kept) context.terminal.err(`  kept   ${path}\n`);
  for (const path of report.made) context.terminal.err(`  wrote  ${path}\n`);
  const done = flags.notes === false ? "cleared" : "noted";
  for (const path of report.noted) context.terminal.err(`  ${done}  ${path}\n`);
  const end =
    report.made.length + report.noted.length === 0
      ? `chant was set up in ${report.home} already; nothing was changed.\n`
      : `chant is set up in ${report.home}.\nhint: Add a first spec: chant add "What is to be done" --criterion "How to tell that it is"\n`;
  context.terminal.err(end);
  const isAsked = provider !== undefined || words.length > 0;
  if (isAsked && report.kept.includes(".chant/config.md")) {
    const name = provider ?? OWN_AGENT;
    const line = provider === undefined ? ownEntry(words) : agentEntry(provider, words, model);
    context.terminal.err(
      `note: .chant/config.md stays as it is. To have that agent, put there under "agents": ${line}; and as the default: defaults: { agent: ${name} }\n`,
    );
  }
  if (report.made.includes(".chant/config.md")) {
    for (const { level, message } of await checkAgents(workspace, LOOK_MS)) {
      if (level !== "broken" && level !== "warning") continue;
      context.terminal.err(`note: ${message} Until it can be started, nothing is worked: chant agents\n`);
    }
  }
  if (report.isSilent) {
    context.terminal.err(
      "note: This project is silent: git sees nothing of .chant, and no copy of it is anywhere else.\n",
    );
  }
}

/** @throws ChantError USAGE */
function requireFitting({ model, agent }: InitFlags, provider: InitProvider | undefined): void {
  if (provider === "acp" && agent === undefined) {
    throw new ChantError(
      "USAGE",
      "The provider acp needs the program of an agent that speaks the protocol.",
      {
        hint: 'For example: chant init --provider acp --agent "gemini --acp"',
      },
    );
  }
  if (model === undefined || provider !== undefined) return;
  throw new ChantError("USAGE", "--model goes with --provider.", {
    hint: "For example: chant init --provider claude --model sonnet",
  });
}

/** A single word that is the name of an agent that chant knows means that agent, and not any program of the name. */
function providerNamed(words: readonly string[]): InitProvider | undefined {
  const name = words.length === 1 ? words[0] : undefined;
  return INIT_PROVIDERS.find((each) => each === name && each !== "acp");
}

/** Notes are for agents: without one, only those that are there already are kept up. */
function notesOf(wished: boolean | undefined, agent: readonly string[]): NotesWish {
  if (wished === false) return { kind: "remove" };
  if (wished === true || agent.length > 0) return { kind: "write", files: noteFilesFor(agent) };
  return { kind: "renew" };
}

function askForAgent({ terminal }: Context): string {
  return terminal.ask("Your agent's command line (empty: the built-in script agent): ")?.trim() ?? "";
}

function askForMax({ terminal }: Context): number {
  const answer = terminal.ask(`How many agents at once at most (${DEFAULT_MAX}): `)?.trim() ?? "";
  if (answer === "") return DEFAULT_MAX;
  if (/^[1-9]\d{0,3}$/.test(answer)) return Number(answer);
  throw new ChantError("USAGE", `${JSON.stringify(answer)} is not a number from 1.`, {
    hint: "Nothing was written. Try again: chant init",
  });
}
