import { escapeTerminal, formatDuration, textWidth, truncate } from "../kit/text.ts";
import type { LiveRun } from "../app/live-runs.ts";
import { colored, STATE_COLORS } from "./colors.ts";

/** What a live view shows at one moment. */
export interface LiveState {
  /** How many specs this is about, as far as is known. */
  readonly total: number;
  readonly landed: number;
  readonly failed: number;
  readonly attention: number;
  readonly runs: readonly LiveRun[];
  /** The last event of each run, without its id. */
  readonly lastEvents: ReadonlyMap<string, string>;
  /** Wall time, milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly nowMs: number;
}

export interface LiveSize {
  readonly width: number;
  readonly height: number;
  readonly hasColor: boolean;
}

const BAR_CELLS = 24;
/** Below this width the bar is left out. */
const WIDE_CELLS = 60;

/**
 * Draws a progress bar and one line a run, none wider than the terminal less one cell (a full last cell would wrap), and
 * no more lines than fit on it.
 */
export function drawLive(state: LiveState, size: LiveSize): readonly string[] {
  const width = Math.max(1, size.width - 1);
  const room = Math.max(1, size.height - 3);
  const shown = state.runs.slice(0, state.runs.length > room ? room - 1 : room);
  const idWidth = Math.max(0, ...shown.map(({ id }) => textWidth(id)));
  const stateWidth = Math.max(0, ...shown.map((run) => run.state.length));
  const lines = shown.map((run) => runLine(run, state, { ...size, width }, idWidth, stateWidth));
  const left = state.runs.length - shown.length;
  return [
    barLine(state, { ...size, width }),
    ...lines,
    ...(left > 0 ? [truncate(`  and ${left} more`, width)] : []),
  ];
}

function barLine(state: LiveState, { width, hasColor }: LiveSize): string {
  const { landed, failed, attention, runs, nowMs, startedAtMs } = state;
  const over = landed + failed + attention;
  const total = Math.max(state.total, over + runs.length);
  const words = [
    `${landed}/${total} landed`,
    ...(runs.length === 0 ? [] : [`${runs.length} under way`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(attention === 0 ? [] : [`${attention} in need of attention`]),
    formatDuration(nowMs - startedAtMs),
  ].join(", ");
  if (width < WIDE_CELLS) return truncate(words, width);
  const full = total === 0 ? 0 : Math.round((BAR_CELLS * over) / total);
  const bar = `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)}`;
  return `${colored(bar, "green", hasColor)} ${truncate(words, width - BAR_CELLS - 1)}`;
}

function runLine(
  run: LiveRun,
  state: LiveState,
  { width, hasColor }: LiveSize,
  idWidth: number,
  stateWidth: number,
): string {
  const id = `  ${run.id.padEnd(idWidth)}  `;
  const word = run.state.padEnd(stateWidth);
  const elapsed = formatDuration(state.nowMs - run.startedAtMs).padStart(7);
  const ticked = run.criteria === 0 ? "-" : `${run.ticked}/${run.criteria}`;
  const last = run.lastLine ?? state.lastEvents.get(run.id) ?? run.title;
  const rest = `  ${elapsed}  ${ticked.padEnd(5)}  ${escapeTerminal(last)}`;
  const left = width - textWidth(id) - textWidth(word);
  if (left < 0) return truncate(`${id}${word}`, width);
  return `${id}${colored(word, STATE_COLORS[run.state], hasColor)}${truncate(rest, left).trimEnd()}`;
}
