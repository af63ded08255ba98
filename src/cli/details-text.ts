import { columns, escapeTerminal, formatDuration } from "../kit/text.ts";
import { isBroken, type Spec } from "../domain/spec.ts";
import type { SpecDetails } from "../app/show.ts";
import { colored, STATUS_COLORS } from "./colors.ts";
import { approvalWords, stateNote, stateWord } from "./spec-words.ts";

/** Returns all that is known about a spec as text. */
export function detailsText(
  details: SpecDetails,
  look: { readonly nowMs: number; readonly hasColor: boolean },
): string {
  const { id, title, spec, run, criteriaList } = details;
  const facts = columns(
    factRows(details, look.nowMs).map(([name, value]) => [`${name}:`, escapeTerminal(value)]),
  );
  const boxes = criteriaList.map(
    ({ number, text, ticked }) => `  ${number}. [${ticked ? "x" : " "}] ${escapeTerminal(text)}`,
  );
  const state = colored(stateWord(details), STATUS_COLORS[details.status], look.hasColor);
  const note = stateNote(details);
  const parts = [
    [
      colored(title === id ? id : `${id}  ${escapeTerminal(title)}`, "bold", look.hasColor),
      `${state}${note === "" ? "" : `: ${escapeTerminal(note)}`}`,
    ].join("\n"),
    facts,
    // Without a run they are what stands in the text below.
    boxes.length === 0 || run === undefined ? "" : ["Criteria, as its agent has them:", ...boxes].join("\n"),
    escapeTerminal((isBroken(spec) ? spec.text : spec.body).trim(), { keepLayout: true }),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function factRows(details: SpecDetails, nowMs: number): readonly (readonly [string, string])[] {
  const { spec, run, path, isArchived = false, log, dependencies, dependents, members } = details;
  const rows: (readonly [string, string] | undefined)[] = [
    ["file", `${path}${isArchived ? " (archived)" : ""}`],
    isBroken(spec) ? undefined : ["type", spec.type],
    isBroken(spec) || spec.labels.length === 0 ? undefined : ["labels", spec.labels.join(", ")],
    isBroken(spec) || spec.priority === undefined ? undefined : ["priority", String(spec.priority)],
    listed(
      "depends on",
      dependencies.map(({ id, state }) => `${id} (${state})`),
    ),
    listed("needed by", dependents),
    listed(
      "members",
      members.map(({ id, status }) => `${id} (${status})`),
    ),
    run === undefined
      ? undefined
      : [
          "run",
          `attempt ${run.attempt} by agent ${run.agent}, since ${formatDuration(nowMs - run.startedAtMs)}`,
        ],
    run === undefined
      ? undefined
      : ["branch", `${run.branch}, for ${run.target.replace(/^refs\/heads\//, "")}`],
    isBroken(spec) ? undefined : approvalRow(details, spec),
    run?.worktree === undefined ? undefined : ["worktree", run.worktree],
    log === undefined ? undefined : ["log", log],
    isBroken(spec) || spec.completedAt === undefined ? undefined : ["completed", spec.completedAt],
    isBroken(spec) || spec.commits.length === 0 ? undefined : ["commits", spec.commits.join(" ")],
  ];
  return rows.filter((row) => row !== undefined);
}

/** Says how the approval stands; of what has started already, what its file records. */
function approvalRow({ approval }: SpecDetails, spec: Spec): readonly [string, string] | undefined {
  const recorded = spec.approval;
  if (approval === undefined && recorded === undefined) return undefined;
  const { status, required, at, by, skippedBy, skippedAt } = recorded ?? {};
  const isAsked = required === true || status !== "pending";
  const state =
    approval === undefined
      ? [isAsked ? status : undefined, by === undefined ? undefined : `by ${by}`]
      : [approvalWords(approval)];
  const words = [
    state.filter((each) => each !== undefined).join(" "),
    at === undefined ? "" : `at ${at}`,
    skippedBy === undefined
      ? ""
      : `started without it by ${skippedBy} at ${skippedAt ?? "a time that is not recorded"}`,
  ].filter((each) => each !== "");
  return words.length === 0 ? undefined : ["approval", words.join(", ")];
}

const listed = (name: string, items: readonly string[]): readonly [string, string] | undefined =>
  items.length === 0 ? undefined : [name, items.join(", ")];
