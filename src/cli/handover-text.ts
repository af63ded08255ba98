import { columns, escapeTerminal, plural } from "../kit/text.ts";
import type { Handover } from "../app/handover.ts";

/** How many commits and files are shown at most. */
const SHOWN = 20;

/** Returns what a person has to know who goes on with a run by hand. */
export function handoverText(handover: Handover): string {
  const { id, title, wasStopped, worktree, branch, target, agent, attempts, session } = handover;
  const { commits, criteria, uncommitted, log } = handover;
  const rows: readonly (readonly [string, string])[] = [
    ["worktree:", worktree],
    ["branch:", `${branch}, for ${target}`],
    ["agent:", `${agent}, ${plural(attempts, "attempt")}`],
    ...(session === undefined ? [] : [["session:", session] as const]),
  ];
  const ticked = criteria.filter((criterion) => criterion.ticked).length;
  const parts = [
    `${id}  ${escapeTerminal(title)}\n${wasStopped ? "Its agent was stopped. " : ""}Its worktree is yours now.`,
    columns(rows.map(([name, value]) => [name, escapeTerminal(value)])),
    section(
      plural(commits.length, "commit"),
      commits.map(({ oid, subject }) => `${oid.slice(0, 12)} ${subject}`),
    ),
    section(
      `${ticked} of ${plural(criteria.length, "criterion", "criteria")} ticked`,
      criteria.map((each) => `${each.number}. [${each.ticked ? "x" : " "}] ${each.text}`),
    ),
    section(`${plural(uncommitted.length, "file")} uncommitted`, uncommitted),
    log.lines.length === 0 ? "" : section(`the end of ${log.path}`, log.lines),
    [
      "Go on:",
      `  $ cd ${worktree}`,
      `  $ chant finalize ${id}   (done: judge it, and land it)`,
      `  $ chant resume ${id}   (give it back to its agent)`,
    ].join("\n"),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return `${escapeTerminal(title)}.`;
  const more = lines.length - SHOWN;
  const shown = lines.slice(0, SHOWN).map((line) => `  ${escapeTerminal(line)}`);
  return [`${escapeTerminal(title)}:`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
}
