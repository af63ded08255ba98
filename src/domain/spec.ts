import { parseCriteria } from "./criteria.ts";
import type { Criterion } from "./criteria.ts";
import type { FrontMatterChanges } from "./front-matter.ts";
import { editFrontMatter, parseFrontMatter, positionOfKey, splitDocument } from "./front-matter.ts";
import type { SpecId } from "./id.ts";
import { scriptOf, titleOf } from "./spec-body.ts";
import { SpecFields, WrongShape } from "./spec-fields.ts";
import { KNOWN_KEYS, readSpecFront } from "./spec-front.ts";
import type { SpecFront, SpecType } from "./spec-front.ts";

export { SPEC_TYPES } from "./spec-front.ts";
export type { SpecType } from "./spec-front.ts";

/** A spec as its file has it. */
export interface Spec extends SpecFront {
  readonly id: SpecId;
  /** The whole file, as read. */
  readonly text: string;
  /** The first `#` heading outside fences, or the id. */
  readonly title: string;
  readonly criteria: readonly Criterion[];
  /** Keys of the front matter that chant does not know; they are kept. */
  readonly unknownKeys: readonly string[];
  /** What follows the front matter. */
  readonly body: string;
  /** The first fenced block under the heading `## Script`, for the provider `script`. */
  readonly script?: string;
}

/** A file that could not be read as a spec: shown with its place, never skipped, never rewritten. */
export interface BrokenSpec {
  readonly broken: true;
  readonly id: SpecId;
  /** 1-based, in the whole file. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly message: string;
  readonly text: string;
}

/** Tells a broken spec from a readable one. */
export const isBroken = (x: Spec | BrokenSpec): x is BrokenSpec => "broken" in x;

/**
 * Reads the file of a spec. Whatever is wrong with its front matter makes a broken spec, with line and column; what is
 * missing has its default (type code, status pending), and keys that chant does not know are kept and listed.
 */
export function parseSpec(id: SpecId, text: string): Spec | BrokenSpec {
  const read = parseFrontMatter(text);
  if (!read.ok) {
    const { line, column, message } = read;
    return { broken: true, id, line, column, message, text };
  }
  const body = splitDocument(text)?.body ?? text.replace(/^\ufeff/, "");
  try {
    const script = scriptOf(body);
    return {
      id,
      text,
      title: titleOf(body) ?? id,
      ...readSpecFront(new SpecFields(read.data, text)),
      criteria: parseCriteria(text),
      unknownKeys: [...read.data.keys()].filter((key) => !KNOWN_KEYS.has(key)),
      body,
      ...(script === undefined ? {} : { script }),
    };
  } catch (error) {
    if (!(error instanceof WrongShape)) throw error;
    return { broken: true, id, ...positionOfKey(text, error.key), message: error.message, text };
  }
}

/** What a new spec is to say. */
export interface NewSpec {
  readonly title: string;
  readonly type?: SpecType | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly dependsOn?: readonly SpecId[] | undefined;
  readonly targetFiles?: readonly string[] | undefined;
  readonly context?: readonly string[] | undefined;
  readonly prompt?: string | undefined;
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  readonly priority?: number | undefined;
  /** Whether a person must approve it before it may start. */
  readonly needsApproval?: boolean | undefined;
  /** One line each. */
  readonly criteria?: readonly string[] | undefined;
  /** Markdown between the title and the criteria. */
  readonly body?: string | undefined;
  /** Further keys of the front matter; none of those above. */
  readonly more?: FrontMatterChanges | undefined;
}

const onOneLine = (text: string): string => text.trim().replace(/\s+/g, " ");

const unlessEmpty = (list: readonly string[] | undefined): readonly string[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list;

/** Returns the file of a new spec: pending, with only the keys that were given. */
export function newSpecText(spec: NewSpec): string {
  const parts = [`# ${onOneLine(spec.title)}`];
  const body = spec.body?.trim() ?? "";
  if (body !== "") parts.push(body);
  if (spec.criteria !== undefined && spec.criteria.length > 0) {
    const items = spec.criteria.map((criterion) => `- [ ] ${onOneLine(criterion)}`).join("\n");
    // A body that ends with criteria of its own is carried on.
    const isCarriedOn = parseCriteria(body).at(-1)?.line === body.split("\n").length;
    parts.push(isCarriedOn ? `${parts.pop() ?? ""}\n${items}` : `## Acceptance Criteria\n\n${items}`);
  }
  return editFrontMatter(`\n${parts.join("\n\n")}\n`, {
    type: spec.type ?? "code",
    status: "pending",
    depends_on: unlessEmpty(spec.dependsOn),
    labels: unlessEmpty(spec.labels),
    target_files: unlessEmpty(spec.targetFiles),
    context: unlessEmpty(spec.context),
    prompt: spec.prompt,
    agent: spec.agent,
    model: spec.model,
    priority: spec.priority,
    ...spec.more,
    ...(spec.needsApproval === true ? { approval: { required: true, status: "pending" } } : {}),
  });
}
