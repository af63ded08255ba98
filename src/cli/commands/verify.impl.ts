import { requirePerson } from "../../app/decide.ts";
import { letRun } from "../../app/trust.ts";
import { planVerify, verify, type VerifyPlan } from "../../app/verify.ts";
import type { ChecksAtStep } from "../../app/checks-at.ts";
import { openWorkspace, type Workspace } from "../../app/workspace.ts";
import { ChantError } from "../../kit/errors.ts";
import { escapeTerminal, plural } from "../../kit/text.ts";
import { type Context, printJson } from "../context.ts";
import { canAsk, commandLines, isYes } from "../trust-text.ts";
import { plannedSpecs, verifiedLines, verifySummary } from "../verify-text.ts";
import type { VerifyFlags } from "./verify.ts";

export async function run(context: Context, flags: VerifyFlags, ...partials: string[]): Promise<number> {
  requireChoice(flags, partials);
  const { terminal } = context;
  const workspace = await openWorkspace(context.cwd, context.env);
  const plan = await planVerify(workspace, { partials, label: flags.label });
  const { target, commit, unchecked } = plan;
  const isJson = flags.json === true;
  const hasColor = terminal.hasColor(1);
  if (flags.dryRun === true) {
    const specs = plannedSpecs(plan.specs);
    if (isJson) printJson(context, { target, commit, isDryRun: true, specs, unchecked });
    else {
      terminal.out(verifiedLines(specs, hasColor));
      terminal.err(`Nothing was run.${untrustedText(plan)}\n`);
    }
    return 0;
  }
  if (plan.untrusted.length > 0) await askForTrust(context, workspace, flags, plan);
  using interruption = context.interruption(() => terminal.err("Stopping.\n"));
  const specs = await verify(workspace, plan, {
    signal: interruption.signal,
    onStep: (step) => terminal.err(`${stepText(step, plan)}\n`),
  });
  if (isJson) printJson(context, { target, commit, isDryRun: false, specs, unchecked });
  else {
    terminal.out(verifiedLines(specs, hasColor));
    terminal.err(verifySummary(specs, unchecked, target));
  }
  const isFailed = specs.some(({ criteria }) => criteria.some(({ result }) => result === "failed"));
  return interruption.status ?? (isFailed ? 1 : 0);
}

/** Checks may take long: all of them run only when somebody says so. */
function requireChoice({ all, label }: VerifyFlags, partials: readonly string[]): void {
  if (partials.length > 0 && all === true) {
    throw new ChantError("USAGE", "Specs by name and --all do not go together.", {
      hint: "Leave one of them out. Nothing was run.",
    });
  }
  if (partials.length > 0 || all === true || label !== undefined) return;
  throw new ChantError("USAGE", "Nothing says which specs are meant.", {
    hint: "Name some, or verify all that are completed: chant verify --all",
  });
}

async function askForTrust(
  context: Context,
  workspace: Workspace,
  { yes, json }: VerifyFlags,
  { untrusted }: VerifyPlan,
): Promise<void> {
  if (yes === true) requirePerson(context.env, "Trust");
  else {
    // Without anybody to ask, the run itself refuses.
    if (!canAsk(context, json === true)) return;
    context.terminal.err(`These commands would run with your rights:\n${commandLines(untrusted)}`);
    if (!isYes(context, "Let them run?")) return;
  }
  await letRun(workspace, untrusted);
}

const untrustedText = ({ untrusted }: VerifyPlan): string =>
  untrusted.length === 0
    ? ""
    : ` ${plural(untrusted.length, "command")} of it nobody has let run here yet: chant trust commands`;

function stepText(step: ChecksAtStep, { target, commit }: VerifyPlan): string {
  if (step.kind === "preparing") return `Preparing ${target} at ${commit.slice(0, 12)}...`;
  if (step.kind === "warning") return `warning: ${escapeTerminal(step.message)}`;
  return `[${step.number}/${step.of}] ${escapeTerminal(step.command)}`;
}
