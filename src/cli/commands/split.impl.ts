import { ChantError } from "../../kit/errors.ts";
import { proposeSplit, type SplitProposal, writeSplit } from "../../app/split.ts";
import { openWorkspace } from "../../app/workspace.ts";
import { type Context, printJson } from "../context.ts";
import { splitProgress } from "../split-progress.ts";
import { proposalLines } from "../split-text.ts";
import type { SplitFlags } from "./split.ts";

/** How deep --recursive goes unless it is told. */
const DEPTH = 2;

export async function run(context: Context, flags: SplitFlags, partial: string): Promise<number> {
  const { terminal } = context;
  requireDecision(context, flags);
  const workspace = await openWorkspace(context.cwd, context.env);
  const proposal = await propose(context, flags, workspace, partial);
  const data = { ...proposal, members: proposal.members.map(({ text: _text, ...member }) => member) };
  if (flags.json !== true) {
    terminal.out(
      proposalLines(proposal)
        .map((line) => `${line}\n`)
        .join(""),
    );
  }
  if (flags.dryRun !== true && (flags.yes === true || isConfirmed(context, proposal))) {
    const written = await writeSplit(workspace, proposal, flags.commit === true);
    if (flags.json === true) printJson(context, { ...data, isWritten: true, ...written });
    else {
      terminal.err(`Written. See them: chant group ${proposal.id}. Work them: chant work ${proposal.id}\n`);
    }
    return 0;
  }
  if (flags.json === true) printJson(context, { ...data, isWritten: false });
  else terminal.err("Nothing was written.\n");
  return flags.dryRun === true ? 0 : 1;
}

/** Before an agent is paid for an answer that nobody could take. */
function requireDecision(
  { terminal }: Context,
  { dryRun, yes, json, recursive, maxDepth, commit }: SplitFlags,
): void {
  if (maxDepth !== undefined && recursive !== true) {
    throw new ChantError("USAGE", "--max-depth goes with --recursive.", { hint: "Nothing was asked." });
  }
  if (dryRun === true && (yes === true || commit === true)) {
    throw new ChantError("USAGE", "--dry-run writes nothing, so it does not go with --yes or --commit.", {
      hint: "Leave one of them out. Nothing was asked.",
    });
  }
  const canAsk = json !== true && terminal.isTerminal(0) && terminal.isTerminal(2);
  if (dryRun === true || yes === true || canAsk) return;
  throw new ChantError("USAGE", "Nobody is here to say yes to the proposal.", {
    hint: "Write it without asking: --yes. Only look at it: --dry-run. No agent was asked.",
  });
}

async function propose(
  context: Context,
  flags: SplitFlags,
  workspace: Awaited<ReturnType<typeof openWorkspace>>,
  partial: string,
): Promise<SplitProposal> {
  using progress = splitProgress(context);
  using interruption = context.interruption(() => progress.say("Stopping the agent."));
  return await proposeSplit(workspace, {
    partial,
    agent: flags.agent,
    model: flags.model,
    maxDepth: flags.recursive === true ? (flags.maxDepth ?? DEPTH) : 1,
    signal: interruption.signal,
    onStep: (step) => progress.note(step),
  });
}

function isConfirmed({ terminal }: Context, { members }: SplitProposal): boolean {
  const question = members.length === 1 ? "Write this member" : `Write these ${members.length} members`;
  return /^y(es)?$/i.test(terminal.ask(`${question}? [y/N] `)?.trim() ?? "");
}
