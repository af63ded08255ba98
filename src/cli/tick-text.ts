import { escapeTerminal, plural } from "../kit/text.ts";
import type { TickReport } from "../app/tick-file.ts";

/** Returns the criteria as data when nothing was asked to be ticked, else what was ticked as talk. */
export function tickText(report: TickReport): { readonly out: string; readonly err: string } {
  const { id, criteria, asked, ticked } = report;
  const done = criteria.filter((criterion) => criterion.ticked).length;
  const count = `${done} of ${plural(criteria.length, "criterion", "criteria")} ticked`;
  if (asked !== "all" && asked.length === 0) {
    const lines = criteria.map(
      ({ number, ticked: isTicked, text }) =>
        `${number}. [${isTicked ? "x" : " "}] ${escapeTerminal(text)}\n`,
    );
    return { out: lines.join(""), err: criteria.length === 0 ? `${id} has no acceptance criteria.\n` : "" };
  }
  const what = ticked.length === 0 ? "nothing was open" : `ticked ${ticked.join(", ")}`;
  return { out: "", err: `${id}: ${what}; ${count}.\n` };
}
