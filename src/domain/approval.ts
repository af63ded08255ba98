import { unreachable } from "../kit/unreachable.ts";
import type { FrontMatterValue } from "./front-matter.ts";
import { parseFrontMatter } from "./front-matter.ts";
import { driversAbove } from "./group.ts";
import type { SpecId } from "./id.ts";
import { specHash } from "./spec-hash.ts";
import { type BrokenSpec, isBroken, type Spec } from "./spec.ts";

/*
 *  not_needed
 *  awaiting <--> approved --- an edit of what was approved ---> changed --- approve ---> approved
 *      |             |
 *      '-- reject ---+--> rejected --- approve ---> approved
 *
 *  An approval is what stands on the target: what only the checkout's file says is somebody's edit, and can shut the
 *  gate, never open it. What a branch says never counts.
 */
export type ApprovalState =
  | { readonly kind: "not_needed" }
  | { readonly kind: "awaiting" }
  /** `isBound` is false for one without a hash, by the Rust chant: the start that it allows binds it. */
  | ({ readonly kind: "approved"; readonly isBound: boolean } & Decision)
  /** Approved, then edited. */
  | ({ readonly kind: "changed" } & Decision)
  | ({ readonly kind: "rejected"; readonly reason?: string } & Decision);

/** Who decided, and when (ISO 8601), as far as it is recorded. */
interface Decision {
  readonly by?: string;
  readonly at?: string;
}

type Files = ReadonlyMap<SpecId, Spec | BrokenSpec>;

/** What an approval is read from. */
export interface ApprovalFacts {
  /** The specs as they would start: on disk where the target is checked out. */
  readonly shown: Files;
  readonly onTarget: Files;
  /** Labels and types whose specs need an approval, by the configuration. */
  readonly requiredFor: readonly string[];
}

/** Tells whether a version of a spec says that a person must approve it, or has a label or type that says so. */
export function demandsApproval(
  { approval, labels, type }: Pick<Spec, "approval" | "labels" | "type">,
  requiredFor: readonly string[],
): boolean {
  const types: readonly string[] = type === "group" || type === "driver" ? ["group", "driver"] : [type];
  return (
    approval?.required === true || requiredFor.some((word) => types.includes(word) || labels.includes(word))
  );
}

/**
 * Returns how the approval of one spec stands. It is demanded when either version demands it: to remove `approval` or a
 * label is an edit like any other.
 * @param committed the target's version, if it has one that can be read
 */
export function approvalState(
  spec: Spec,
  committed: Spec | undefined,
  requiredFor: readonly string[],
): ApprovalState {
  const versions = committed === undefined ? [spec] : [spec, committed];
  if (!versions.some((version) => demandsApproval(version, requiredFor))) return { kind: "not_needed" };
  const rejected = versions.find(({ approval }) => approval?.status === "rejected")?.approval;
  if (rejected !== undefined) {
    const { reason } = rejected;
    return { kind: "rejected", ...decisionOf(rejected), ...(reason === undefined ? {} : { reason }) };
  }
  const given = committed?.approval;
  if (committed === undefined || given?.status !== "approved") return { kind: "awaiting" };
  if (spec.approval !== undefined && spec.approval.status !== "approved") return { kind: "awaiting" };
  const decision = decisionOf(given);
  const isAsApproved = specHash(spec) === (given.specHash ?? specHash(committed));
  if (spec.approval === undefined || !isAsApproved) return { kind: "changed", ...decision };
  return { kind: "approved", isBound: given.specHash !== undefined, ...decision };
}

const decisionOf = ({ by, at }: Decision): Decision => ({
  ...(by === undefined ? {} : { by }),
  ...(at === undefined ? {} : { at }),
});

/** Returns how the approval of a spec stands among others. */
export function approvalOf({ shown, onTarget, requiredFor }: ApprovalFacts, id: SpecId): ApprovalState {
  const committed = readable(onTarget.get(id));
  const spec = readable(shown.get(id)) ?? committed;
  return spec === undefined ? { kind: "not_needed" } : approvalState(spec, committed, requiredFor);
}

const readable = (spec: Spec | BrokenSpec | undefined): Spec | undefined =>
  spec === undefined || isBroken(spec) ? undefined : spec;

/** Returns the gate that keeps a spec from starting: its own, else that of the nearest driver above it. */
export function shutGate(
  facts: ApprovalFacts,
  id: SpecId,
): { readonly id: SpecId; readonly state: ApprovalState } | undefined {
  const known = { has: (each: SpecId) => facts.shown.has(each) || facts.onTarget.has(each) };
  return [id, ...driversAbove(id, known)]
    .map((each) => ({ id: each, state: approvalOf(facts, each) }))
    .find(({ state }) => state.kind !== "not_needed" && state.kind !== "approved");
}

/** Returns why a spec may not start, as a clause to be put behind "because "; undefined when its gate is open. */
export function whyNotApproved(facts: ApprovalFacts, id: SpecId): string | undefined {
  const gate = shutGate(facts, id);
  if (gate === undefined) return undefined;
  const why = shutText(gate.state);
  return gate.id === id ? `it ${why}` : `its driver ${gate.id} ${why}`;
}

function shutText(state: ApprovalState): string {
  switch (state.kind) {
    case "awaiting":
      return "is not approved yet";
    case "changed":
      return `was changed after it was approved${byText(state)}`;
    case "rejected":
      return `was rejected${byText(state)}${state.reason === undefined ? "" : `: ${state.reason}`}`;
    case "not_needed":
    case "approved":
      throw new Error(`a gate that is ${state.kind} is open`);
    default:
      return unreachable(state);
  }
}

const byText = ({ by }: Decision): string => (by === undefined ? "" : ` by ${by}`);

/** Values of `approval` by key; undefined removes one. */
type ApprovalChanges = Readonly<Record<string, string | boolean | undefined>>;

/** Nothing of an earlier decision stays beside a new one. */
const UNDECIDED: ApprovalChanges = {
  status: "pending",
  by: undefined,
  at: undefined,
  spec_hash: undefined,
  reason: undefined,
};

/** Returns the value of `approval` with some of its keys changed; others, also unknown ones, stay. */
export function approvalWith(text: string, changes: ApprovalChanges): FrontMatterValue {
  const read = parseFrontMatter(text);
  const found = read.ok ? read.data.get("approval") : undefined;
  const kept = typeof found === "object" && found !== null && !Array.isArray(found) ? found : {};
  const values: Record<string, unknown> = { required: true, ...kept, ...changes };
  return Object.fromEntries(Object.entries(values).filter(isScalarEntry));
}

const isScalarEntry = (entry: [string, unknown]): entry is [string, string | number | boolean] =>
  ["string", "number", "boolean"].includes(typeof entry[1]);

/** Returns the approval of a spec as it stands. `at` is ISO 8601. */
export const approved = (spec: Spec, by: string, at: string): FrontMatterValue =>
  approvalWith(spec.text, {
    ...UNDECIDED,
    required: true,
    status: "approved",
    by,
    at,
    spec_hash: specHash(spec),
  });

/** Returns a rejection. `at` is ISO 8601. */
export const rejected = (spec: Spec, by: string, at: string, reason: string): FrontMatterValue =>
  approvalWith(spec.text, { ...UNDECIDED, required: true, status: "rejected", by, at, reason });

/**
 * Returns what becomes of the approval when a spec starts; undefined leaves it as it is. One without a hash is bound to
 * what starts, so that it counts once. A start past a shut gate records who decided that, and leaves the gate shut.
 */
export function approvalAtStart(
  spec: Spec,
  state: ApprovalState,
  skip: { readonly by: string; readonly at: string } | undefined,
): FrontMatterValue | undefined {
  if (skip !== undefined) {
    return approvalWith(spec.text, { required: true, skipped_by: skip.by, skipped_at: skip.at });
  }
  if (state.kind !== "approved" || state.isBound) return undefined;
  return approvalWith(spec.text, { spec_hash: specHash(spec) });
}

/** Returns the approval bound again after an edit of chant's own; undefined when it was not bound to what was before. */
export function boundAgain(before: Spec, after: Spec): FrontMatterValue | undefined {
  const bound = before.approval?.specHash;
  if (bound === undefined || bound !== specHash(before) || bound === specHash(after)) return undefined;
  return approvalWith(after.text, { spec_hash: specHash(after) });
}

/**
 * Returns the approval that a spec is to have when a branch brings its file: no branch approves, and none takes a gate
 * away. Undefined when it is right as it is.
 * @param ours the target's version; undefined for a file that the branch adds
 */
export function approvalFromBranch(
  merged: Spec,
  ours: Spec | undefined,
  requiredFor: readonly string[],
): FrontMatterValue | undefined {
  if (ours === undefined) {
    const isApproved = merged.approval?.status === "approved";
    return isApproved ? approvalWith(merged.text, { ...UNDECIDED, required: true }) : undefined;
  }
  const isLost = demandsApproval(ours, requiredFor) && !demandsApproval(merged, requiredFor);
  return isLost ? approvalWith(merged.text, { required: true }) : undefined;
}
