import { type LaunchReport, totalUsage } from "../../domain/agent-report.ts";
import type { FrontMatterChanges } from "../../domain/front-matter.ts";
import type { Engine } from "./engine.ts";
import type { LaunchEnd } from "./launch.ts";
import type { RunRecord } from "./record.ts";

/** Keeps what the last launch of a run amounted to; to be told twice changes nothing. */
export function withReport(record: RunRecord, end: LaunchEnd): RunRecord {
  const { report, verdict, output } = end;
  // No agent was asked: the session to go on with is still the one before.
  if (record.judgeOnly !== undefined) return withOutput(record, output);
  const { session, model, usage } = report ?? {};
  const told: LaunchReport = {
    launch: record.launch,
    agent: record.agent,
    ...(session === undefined ? {} : { session }),
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { usage }),
    ...(verdict.kind === "done" ? {} : { reason: verdict.reason }),
    ...(output === undefined ? {} : { output }),
  };
  const before = (record.reports ?? []).filter(({ launch }) => launch !== record.launch);
  return { ...record, reports: [...before, told] };
}

/** What was printed at the last judgement stands for what is missing, whoever asked for it. */
function withOutput(record: RunRecord, output: string | undefined): RunRecord {
  const last = record.reports?.at(-1);
  if (last === undefined || last.output === output) return record;
  const { output: _before, ...rest } = last;
  const now = output === undefined ? rest : { ...rest, output };
  return { ...record, reports: [...(record.reports ?? []).slice(0, -1), now] };
}

/** Keeps in the journal how the last launch of a run ended. A person's own judgement is no end of an agent's. */
export function noteEnd({ journal, config, clock }: Engine, record: RunRecord, end: LaunchEnd): void {
  if (record.judgeOnly !== undefined) return;
  const { id, run, launch, attempt, agent } = record;
  const { verdict, report = {}, times } = end;
  const model = report.model ?? record.model;
  const provider = config.agents.get(agent)?.provider ?? (agent === "script" ? "script" : undefined);
  journal.ended({
    id,
    run,
    launch,
    attempt,
    agent,
    endedAtMs: times?.endedAtMs ?? clock.nowMs(),
    verdict: verdict.kind,
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(report.session === undefined ? {} : { session: report.session }),
    ...(times === undefined ? {} : { startedAtMs: times.startedAtMs }),
    ...(verdict.kind === "done" ? {} : { reason: verdict.reason }),
    ...(report.usage === undefined ? {} : { usage: report.usage }),
  });
}

/** Returns what a spec is to say of the model that worked on it, and of what that took, as far as it is known. */
export function reportedFront({ reports = [], model: asked }: RunRecord): FrontMatterChanges {
  const model = reports.findLast((report) => report.model !== undefined)?.model ?? asked;
  const used = totalUsage(reports);
  return {
    ...(model === undefined ? {} : { model }),
    usage: used && {
      input_tokens: used.inputTokens,
      output_tokens: used.outputTokens,
      // Sums of fractions end in digits that mean nothing.
      cost_usd: used.costUsd === undefined ? undefined : Number(used.costUsd.toFixed(6)),
    },
  };
}
