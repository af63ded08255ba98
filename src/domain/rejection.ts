import type { Config } from "./config.ts";
import type { FrontMatterChanges } from "./front-matter.ts";
import type { SpecId } from "./id.ts";
import type { NewSpec, Spec } from "./spec.ts";

/** What a rejection does besides being written down. */
export type Consequence =
  | { readonly kind: "none"; readonly note?: string }
  /** A new spec is written, and the rejected one depends on it. */
  | { readonly kind: "fix"; readonly spec: NewSpec }
  /** The rejected spec becomes a driver of these, each waiting for the one before it. */
  | {
      readonly kind: "split";
      readonly members: readonly { readonly id: SpecId; readonly spec: NewSpec }[];
      readonly changes: FrontMatterChanges;
    };

/**
 * Decides what else follows from a rejection.
 * @param others the ids of all specs, among which its members are
 */
export function consequenceOf(
  spec: Spec,
  reason: string,
  action: Config["approval"]["rejectionAction"],
  others: Iterable<SpecId>,
): Consequence {
  if (action === "manual") return { kind: "none" };
  if (action === "dependency") return { kind: "fix", spec: fixOf(spec, reason) };
  if ([...others].some((id) => id.startsWith(`${spec.id}.`))) {
    return { kind: "none", note: "It has members already, so it was not split." };
  }
  if (spec.criteria.length < 2) {
    return { kind: "none", note: "It has fewer than two criteria, so it was not split." };
  }
  const members = spec.criteria.map((_, at) => memberOf(spec, at));
  return { kind: "split", members, changes: { type: "driver" } };
}

/** The title by which a fix is known again when a rejection is repeated after an interruption. */
const fixTitle = (id: SpecId): string => `Fix rejection issues for ${id}`;

/** What a new spec takes over from the one it comes from: who works on it and how, and the labels that may gate it. */
function inherited(spec: Spec): Omit<NewSpec, "title"> {
  const { labels, context, targetFiles, prompt, agent, model, priority } = spec;
  return { labels, context, targetFiles, prompt, agent, model, priority };
}

const fixOf = (spec: Spec, reason: string): NewSpec => ({
  ...inherited(spec),
  title: fixTitle(spec.id),
  type: "task",
  body: `${spec.title} (${spec.id}) was rejected:\n\n${quoted(reason)}\n\nDo what has to be done before it can be approved.`,
  criteria: ["What the rejection names is mended"],
});

const quoted = (text: string): string =>
  text
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

/** Each member has one criterion of the driver, and its own gate: nobody has approved it. */
function memberOf(spec: Spec, at: number): { readonly id: SpecId; readonly spec: NewSpec } {
  const criterion = spec.criteria[at];
  if (criterion === undefined) throw new Error(`${spec.id} has no criterion ${at + 1}`);
  const check = criterion.check === undefined ? "" : ` <!-- check: ${criterion.check} -->`;
  return {
    id: `${spec.id}.${at + 1}`,
    spec: {
      ...inherited(spec),
      title: criterion.text,
      type: spec.type === "driver" || spec.type === "group" ? "code" : spec.type,
      dependsOn: at === 0 ? spec.dependsOn : [`${spec.id}.${at}`],
      needsApproval: true,
      body: `Part ${at + 1} of ${spec.criteria.length} of ${spec.title} (${spec.id}), which says the rest.`,
      criteria: [`${criterion.text}${check}`],
    },
  };
}
