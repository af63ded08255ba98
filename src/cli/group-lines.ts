import { escapeTerminal, plural, textWidth, truncate } from "../kit/text.ts";
import type { GroupView } from "../app/group.ts";
import type { SpecView } from "../app/overview.ts";
import { colored, STATUS_COLORS } from "./colors.ts";
import type { ListLook } from "./list-lines.ts";
import { stateNote, stateWord } from "./spec-words.ts";

/**
 * Returns a group as lines: the driver, then its members as `ID.1  [completed]  Setup database schema`, aligned, each
 * further level indented by two more.
 */
export function groupLines({ driver, members }: GroupView, look: ListLook): readonly string[] {
  const depthOf = ({ id }: SpecView): number => id.slice(driver.id.length).split(".").length - 1;
  const rows = [driver, ...members].map((view) => ({
    view,
    name: `${"  ".repeat(Math.max(0, depthOf(view) - 1))}${view.id}`,
    state: `[${stateWord(view)}]`,
  }));
  const nameWidth = Math.max(...rows.map(({ name }) => textWidth(name)));
  const stateWidth = Math.max(...rows.map(({ state }) => textWidth(state)));
  return rows.map(({ view, name, state }) => {
    const before = `${name.padEnd(nameWidth)}  `;
    const rest = `${" ".repeat(stateWidth - textWidth(state))}  ${wordsOf(view)}`.trimEnd();
    const left =
      look.width === undefined ? rest : truncate(rest, Math.max(0, look.width - textWidth(before + state)));
    return `${before}${colored(state, STATUS_COLORS[view.status], look.hasColor)}${left}`;
  });
}

function wordsOf(view: SpecView): string {
  const note = stateNote(view);
  const title = view.title === view.id ? "" : escapeTerminal(view.title);
  return [title, note === "" ? "" : `(${escapeTerminal(note)})`].filter((part) => part !== "").join(" ");
}

/** Returns how far a group is, as a sentence, and what to do about one that has no members. */
export function groupSummary({ driver, members }: GroupView): string {
  if (members.length === 0) {
    return `${driver.id} has no members.\nhint: Give it one: chant add TEXT --group ${driver.id}`;
  }
  // A driver below stands for its own members.
  const own = members.filter(({ id }) => !members.some((other) => other.id.startsWith(`${id}.`)));
  const cancelled = own.filter(({ status }) => status === "cancelled").length;
  const completed = own.filter(({ status }) => status === "completed").length;
  const but = cancelled === 0 ? "" : `, ${cancelled} cancelled`;
  return `${completed} of ${plural(own.length - cancelled, "member")} completed${but}.`;
}
