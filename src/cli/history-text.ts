import { localTime } from "../kit/local-time.ts";
import { columns, escapeTerminal, formatDuration } from "../kit/text.ts";
import type { TokenUsage } from "../domain/agent-event.ts";
import type { AttemptEnd, SpecHappening } from "../domain/history.ts";

/** Returns happenings as aligned lines: when, which spec, what, who, why. */
export const happeningLines = (
  happenings: readonly SpecHappening[],
  { hasId }: { readonly hasId: boolean },
): string =>
  columns(
    happenings.map((each) => [
      localTime(each.atMs),
      ...(hasId ? [each.id] : []),
      each.kind.replaceAll("_", " "),
      escapeTerminal(whoText(each)),
      escapeTerminal(whyText(each)),
    ]),
  );

function whoText({ by, agent }: SpecHappening): string {
  if (agent === undefined) return by ?? "-";
  return by === undefined ? `agent ${agent}` : `${by}, agent ${agent}`;
}

function whyText({ text, attempt, commit }: SpecHappening): string {
  return [
    attempt !== undefined && attempt > 1 ? `attempt ${attempt}` : undefined,
    text,
    commit === undefined ? undefined : `(${commit.slice(0, 9)})`,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** Returns the history of one spec as text. */
export function historyText(happenings: readonly SpecHappening[], attempts: readonly AttemptEnd[]): string {
  const parts = [
    happenings.length === 0
      ? "Nothing is known of it yet: it is not committed."
      : happeningLines(happenings, { hasId: false }),
    attempts.length === 0 ? "" : `Attempts:\n${columns([ATTEMPT_HEAD, ...attempts.map(attemptRow)])}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const ATTEMPT_HEAD = [
  "ended",
  "attempt",
  "agent",
  "model",
  "took",
  "verdict",
  "in",
  "cached",
  "out",
  "cost",
  "",
];

function attemptRow(end: AttemptEnd): readonly string[] {
  const { startedAtMs, endedAtMs, attempt, agent, model, verdict, usage, reason } = end;
  const took = startedAtMs === undefined ? "-" : formatDuration(endedAtMs - startedAtMs);
  const row = [localTime(endedAtMs), String(attempt), agent, model ?? "-", took, verdict];
  return [...row, ...usageCells(usage), reason ?? ""].map((cell) => escapeTerminal(cell));
}

/** Tokens read, from the cache, and written, and the cost; what nobody knows is a question mark. */
function usageCells(usage: TokenUsage | undefined): readonly string[] {
  if (usage === undefined) return ["?", "?", "?", "?"];
  const counts = [usage.inputTokens, usage.cachedTokens, usage.outputTokens];
  return [...counts.map((n) => n.toLocaleString("en-US")), costText(usage.costUsd)];
}

/** Returns a cost in US dollars, or that it is not known. */
export const costText = (costUsd: number | undefined): string =>
  costUsd === undefined ? "unknown" : `$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
