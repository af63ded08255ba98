import type { ShownStatus } from "../app/overview.ts";
import type { RunState } from "../app/run-view.ts";

export type Color = "red" | "green" | "yellow" | "blue" | "dim" | "bold";

const CODES: { readonly [C in Color]: readonly [on: number, off: number] } = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Colours a text that is safe for a terminal already. */
export function colored(text: string, color: Color | undefined, hasColor: boolean): string {
  if (!hasColor || color === undefined || text === "") return text;
  const [on, off] = CODES[color];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** The colour of a status: red needs a person, yellow waits, blue moves, green is done. */
export const STATUS_COLORS: { readonly [S in ShownStatus]: Color | undefined } = {
  interrupted: "yellow",
  in_progress: "blue",
  needs_attention: "red",
  failed: "red",
  paused: "yellow",
  broken: "red",
  pending: undefined,
  blocked: "dim",
  completed: "green",
  cancelled: "dim",
};

/** The colour of what a run does. */
export const STATE_COLORS: { readonly [S in RunState]?: Color } = {
  working: "blue",
  checking: "blue",
  landing: "green",
  judging: "green",
  gating: "green",
  waiting: "yellow",
  finished: "yellow",
  interrupted: "yellow",
};
