import { localTime } from "../kit/local-time.ts";
import { columns, escapeTerminal, formatDuration } from "../kit/text.ts";
import type { AgentStats, Spread, Stats, UsageSum } from "../domain/stats.ts";
import { costText } from "./history-text.ts";

/** Returns the statistics of a period as tables. */
export function statsText(stats: Stats): string {
  const { agents, days, usage } = stats;
  const parts = [
    columns([
      ["since", localTime(stats.sinceMs)],
      ["landed", `${stats.landed} (${rate(stats.landedPerDay)} a day, ${rate(stats.landedPerWeek)} a week)`],
      ["written to landed", spreadText(stats.fromWritten)],
      ["started to landed", spreadText(stats.fromStarted)],
      ["retries", stats.retries === undefined ? "unknown (no journal)" : String(stats.retries)],
    ]),
    agents.length === 0 ? "" : columns([AGENT_HEAD, ...agents.map(agentRow)]),
    days.length === 0
      ? ""
      : columns([
          ["day", "landed", "in", "cached", "out", "cost"],
          ...days.map((each) => [each.day, String(each.landed), ...usageCells(each.usage)]),
          ["all", String(stats.landed), ...usageCells(usage)],
        ]),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const rate = (n: number): string => (n >= 10 ? n.toFixed(0) : n.toFixed(1));

const spreadText = (spread: Spread | undefined): string =>
  spread === undefined
    ? "-"
    : `median ${formatDuration(spread.medianMs)}, 90 % within ${formatDuration(spread.p90Ms)}`;

const AGENT_HEAD = "agent model landed ends done failed attention interrupted retries success".split(" ");

/** What only the journal knows is a dash where it has nothing. */
function agentRow({ agent, model, landed, ends }: AgentStats): readonly string[] {
  const counts =
    ends === undefined
      ? Array.from({ length: 6 }, () => "-")
      : [ends.all, ends.done, ends.failed, ends.attention, ends.interrupted, ends.retries].map(String);
  const success = ends?.success === undefined ? "-" : `${Math.round(ends.success * 100)} %`;
  return [escapeTerminal(agent), escapeTerminal(model ?? "-"), String(landed), ...counts, success];
}

function usageCells(sum: UsageSum): readonly string[] {
  const counts = [sum.inputTokens, sum.cachedTokens, sum.outputTokens];
  // Where nobody told of any, none is not what was used.
  const isUnknown = sum.unknownTokens > 0 && counts.every((n) => n === 0);
  return [...counts.map((n) => (isUnknown ? "?" : n.toLocaleString("en-US"))), costCell(sum)];
}

/** What is known of a cost, and of how many ends it is not. */
function costCell({ costUsd, unknownCosts }: UsageSum): string {
  if (unknownCosts === 0) return costText(costUsd);
  return costUsd === 0 ? `unknown (${unknownCosts})` : `${costText(costUsd)} + ${unknownCosts} unknown`;
}
