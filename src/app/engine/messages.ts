import type { SpecId } from "../../domain/id.ts";
import { truncate } from "../../kit/text.ts";
import type { ParkedStatus } from "./record.ts";

/** The commit messages of chant: the target's first-parent history reads as a story in them. */

const title = (text: string): string => truncate(text.replaceAll(/\s+/g, " ").trim(), 100);

export function startMessage(specs: readonly { readonly id: SpecId; readonly title: string }[]): string {
  const [first] = specs;
  if (specs.length === 1 && first !== undefined) return `Start ${first.id}: ${title(first.title)}`;
  return [
    `Start ${specs.length} specs`,
    "",
    ...specs.map((spec) => `- ${spec.id}: ${title(spec.title)}`),
  ].join("\n");
}

/** The line by which a run is found on a target. */
export const runTrailer = (run: string): string => `Chant-Run: ${run}`;

/** The trailers stand nowhere else: `Chant-Run` is the proof that a run has landed; `Forced-by` and `Approved-by` name whose word it was. */
export function finalizeMessage(spec: {
  readonly id: SpecId;
  readonly title: string;
  readonly run: string;
  readonly judgeOnly?: { readonly forcedBy?: string };
  readonly result?: { readonly kind: string; readonly by: string };
}): string {
  const forcedBy = spec.judgeOnly?.forcedBy;
  return [
    `chant(${spec.id}): ${title(spec.title)}`,
    "",
    `Chant-Spec: ${spec.id}`,
    runTrailer(spec.run),
    ...(forcedBy === undefined ? [] : [`Forced-by: ${forcedBy}`]),
    ...(spec.result?.kind === "approved" ? [`Approved-by: ${spec.result.by}`] : []),
  ].join("\n");
}

export const landMessage = (spec: { readonly id: SpecId; readonly title: string }): string =>
  `Land ${spec.id}: ${title(spec.title)}`;

export function parkMessage(id: SpecId, status: ParkedStatus, reason: string): string {
  if (status === "paused") return `Pause ${id}`;
  return `${id} ${status === "failed" ? "failed" : "needs attention"}: ${title(reason)}`;
}
