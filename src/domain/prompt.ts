import { ChantError } from "../kit/errors.ts";
import { parseFrontMatter, splitDocument } from "./front-matter.ts";
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

/**
 * Fills the `{{name}}` places of a prompt; front matter in front of it is for people.
 * @throws ChantError CONFIG_INVALID with the line of a name that does not exist.
 */
export function renderPrompt(template: string, facts: PromptFacts, fileName: string): string {
  const body = parseFrontMatter(template).ok ? splitDocument(template)?.body : undefined;
  const text = body ?? template;
  const above = template.split("\n").length - text.split("\n").length;
  const whole = withoutPrep(text);
  return (facts.isSilent === true ? silentPrompt(whole) : whole)
    .split("\n")
    .map((line, at) =>
      line.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => {
        const value = variableOf(name);
        if (value !== undefined) return value(facts);
        throw new ChantError(
          "CONFIG_INVALID",
          `${fileName}:${above + at + 1}: there is no variable {{${name}}}.`,
          {
            hint: `Known are: ${Object.keys(VARIABLES).join(", ")}.`,
          },
        );
      }),
    )
    .join("\n");
}

const HOW_TO_FINISH = `## How to finish

1. Do what the spec asks for, and nothing else.
2. Tick each acceptance criterion when it holds, and only then: \`chant tick N\` (several numbers, or \`--all\`).
3. Commit your work with messages that begin with \`chant({{id}}):\`. Do not merge, push, stash or switch branches.
4. When a criterion cannot be met, leave it open and say why as the last thing you print.
`;

/** The prompt that `chant init` writes as prompts/standard.md. */
export const STANDARD_PROMPT = `# {{title}}

You work on the spec {{id}} in a git worktree of its own, on the branch {{branch}}. Change files only in this folder.

{{body}}

${HOW_TO_FINISH}`;

/** The rule about messages, and what stands in its place where nothing of chant's shows in the history. */
const MESSAGES = "messages that begin with `chant({{id}}):`";
const SILENT_MESSAGES =
  "messages like those of the project's history, that say nothing of the spec or its id";

/** Returns a prompt as a silent project gives it to its agents. */
export const silentPrompt = (template: string): string => template.replaceAll(MESSAGES, SILENT_MESSAGES);

// The Rust chant's own first prompt says no more than to run this, which prints the spec, and how to finish.
const PREP = /\bchant prep\b(?:[ \t]+\{\{\s*spec\.id\s*\}\})?/g;

function withoutPrep(text: string): string {
  const replaced = text.replaceAll(PREP, "cat .chant/specs/{{id}}.md");
  return replaced === text ? text : `${replaced.trimEnd()}\n\n${HOW_TO_FINISH}`;
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
