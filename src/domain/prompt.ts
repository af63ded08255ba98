import { closest } from "../kit/text.ts";
import { PromptFault, type PromptPart } from "./prompt-layers.ts";
import { HOW_TO_FINISH } from "./shipped-prompts.ts";
import type { Spec } from "./spec.ts";

/** What a prompt may speak of besides the spec. */
export interface PromptFacts {
  readonly spec: Spec;
  /** What the project is called. */
  readonly project: string;
  /** Whether nothing of chant's may show in the project's history. */
  readonly isSilent?: boolean;
  readonly launch: { readonly branch: string; readonly worktree: string; readonly attempt: number };
}

const VARIABLES: { readonly [name: string]: (facts: PromptFacts) => string } = {
  id: ({ spec }) => spec.id,
  title: ({ spec }) => spec.title,
  body: ({ spec }) => spec.body.trim(),
  criteria: ({ spec }) =>
    spec.criteria.map((each) => `${each.number}. [${each.ticked ? "x" : " "}] ${each.text}`).join("\n"),
  target_files: ({ spec }) => spec.targetFiles.join("\n"),
  context: ({ spec }) => spec.context.join("\n"),
  branch: ({ launch }) => launch.branch,
  worktree: ({ launch }) => launch.worktree,
  attempt: ({ launch }) => String(launch.attempt),
};

/** Under what names the prompts of the Rust chant speak of the same. */
const RUST_VARIABLES: typeof VARIABLES = {
  "project.name": ({ project }) => project,
  "spec.id": ({ spec }) => spec.id,
  "spec.title": ({ spec }) => spec.title,
  "spec.description": ({ spec }) => spec.body.trim(),
  "spec.path": ({ spec }) => `.chant/specs/${spec.id}.md`,
  "spec.target_files": ({ spec }) => spec.targetFiles.join("\n"),
  "spec.context": ({ spec }) => spec.context.join("\n"),
  spec: ({ spec }) =>
    [
      `Spec ID: ${spec.id}`,
      spec.body.trim(),
      ...(spec.targetFiles.length === 0
        ? []
        : ["## Target Files", spec.targetFiles.map((file) => `- ${file}`).join("\n")]),
    ].join("\n\n"),
  "worktree.path": ({ launch }) => launch.worktree,
  "worktree.branch": ({ launch }) => launch.branch,
};

const variableOf = (name: string): ((facts: PromptFacts) => string) | undefined =>
  [VARIABLES, RUST_VARIABLES].find((table) => Object.hasOwn(table, name))?.[name];

const PLACE = /\{\{\s*([\w.]+)\s*\}\}/g;

/**
 * Fills the `{{name}}` places of a prompt.
 * @throws PromptFault with file and line of a name that does not exist.
 */
export function renderPrompt(parts: readonly PromptPart[], facts: PromptFacts): string {
  return withoutPrep(parts)
    .map(({ text, ...place }) => ({ ...place, text: facts.isSilent === true ? silentPrompt(text) : text }))
    .map((part) =>
      part.text.replaceAll(PLACE, (_, name: string) => {
        const value = variableOf(name);
        if (value === undefined) throw unknownVariable(part, name);
        return value(facts);
      }),
    )
    .join("");
}

/** Finds the places of a prompt that nothing fills. */
export const unknownPlaces = (parts: readonly PromptPart[]): readonly PromptFault[] =>
  parts.flatMap((part) =>
    [...part.text.matchAll(PLACE)].flatMap(([, name = ""]) =>
      variableOf(name) === undefined ? [unknownVariable(part, name)] : [],
    ),
  );

function unknownVariable(part: PromptPart, name: string): PromptFault {
  const near = closest(name, [...Object.keys(VARIABLES), ...Object.keys(RUST_VARIABLES)]);
  const known = `Known are: ${Object.keys(VARIABLES).join(", ")}.`;
  const hint = near === undefined ? known : `Did you mean {{${near}}}? ${known}`;
  return new PromptFault(part, `there is no variable {{${name}}}.`, hint);
}

/** The rule about messages, and what stands in its place where nothing of chant's shows in the history. */
const MESSAGES = "messages that begin with `chant({{id}}):`";
const SILENT_MESSAGES =
  "messages like those of the project's history, that say nothing of the spec or its id";

/** Returns a prompt as a silent project gives it to its agents. */
export const silentPrompt = (template: string): string => template.replaceAll(MESSAGES, SILENT_MESSAGES);

// The Rust chant's own first prompt says no more than to run this, which prints the spec, and how to finish.
const PREP = /\bchant prep\b(?:[ \t]+\{\{\s*(?:spec\.)?id\s*\}\})?/g;

/** Here `chant prep` prints the prompt itself, so one that sends its agent there would send it round in a circle. */
function withoutPrep(parts: readonly PromptPart[]): readonly PromptPart[] {
  const replaced = parts.map((part) => ({
    ...part,
    text: part.text.replaceAll(PREP, "cat .chant/specs/{{id}}.md"),
  }));
  if (replaced.every(({ text }, at) => text === parts[at]?.text)) return parts;
  const last = replaced.findLastIndex(({ text }) => text.trim() !== "");
  const [end] = replaced.slice(last);
  if (end === undefined) return parts;
  const { file, line } = end;
  return [
    ...replaced.slice(0, last),
    { file, line, text: `${end.text.trimEnd()}\n\n` },
    { file, line, text: HOW_TO_FINISH },
  ];
}

/**
 * Returns what an agent that takes up a spec again has to know: why the last try was not enough, and what is open.
 * @param output what was printed that says more
 */
export function missingText(reason: string, spec: Spec, output?: string): string {
  const open = spec.criteria.filter((criterion) => !criterion.ticked);
  const list = open.map(({ number, text }) => `${number}. ${text}`).join("\n");
  const parts = [
    `The last try was not done: ${reason}.`,
    ...(output === undefined ? [] : [output]),
    ...(list === "" ? [] : [`Not ticked yet:\n\n${list}`]),
  ];
  return parts.join("\n\n");
}

/** What is said to an agent that goes on with a session of its own, in which it has read the whole prompt. */
export const resumePrompt = (missing: string): string => `Go on with the spec. ${missing}

The rules are the same as before: work only in this folder, tick with \`chant tick\`, commit, do not merge or push.
`;

/** Adds to a whole prompt what an earlier try left undone: its work is there, though this agent has not seen it made. */
export const withMissing = (prompt: string, missing: string): string => `${prompt.trimEnd()}

## What is left to do

Somebody has worked on this before you: look at the branch first, and keep what is good. ${missing}
`;
