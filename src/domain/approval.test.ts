import fc from "fast-check";
import { expect, test } from "vitest";
import {
  approvalAtStart,
  approvalFromBranch,
  approvalState,
  approvalWith,
  approved,
  boundAgain,
  demandsApproval,
  rejected,
  whyNotApproved,
} from "./approval.ts";
import { tick } from "./criteria.ts";
import { editFrontMatter, type FrontMatterChanges } from "./front-matter.ts";
import { mergeSpec } from "./merge-spec.ts";
import { isBroken, newSpecText, parseSpec, type Spec } from "./spec.ts";
import { STATUSES } from "./status.ts";

const AT = "2026-01-22T10:00:00Z";
const TEXT = newSpecText({
  title: "T",
  labels: ["risky"],
  dependsOn: ["x"],
  criteria: ["one <!-- check: npm test -->", "two"],
  needsApproval: true,
});

function specOf(text: string, id = "001"): Spec {
  const spec = parseSpec(id, text);
  if (isBroken(spec)) throw new Error(spec.message);
  return spec;
}

const approvedText = (text: string): string =>
  editFrontMatter(text, { approval: approved(specOf(text), "Ann", AT) });
const kindOf = (disk: string, committed?: string, requiredFor: readonly string[] = []): string =>
  approvalState(specOf(disk), committed === undefined ? undefined : specOf(committed), requiredFor).kind;

/** What chant writes into a spec in the course of its life. */
const ownEdits: fc.Arbitrary<(text: string) => string> = fc
  .record({
    changes: fc.record(
      {
        status: fc.constantFrom(...STATUSES),
        completed_at: fc.constant(AT),
        commits: fc.array(fc.constantFrom("fe12a90", "0a1b2c3")),
        branch: fc.constant("chant/001"),
        target: fc.constant("main"),
        attention: fc.constant({ reason: "look", at: AT }),
        retry: fc.constant({ attempts: 2 }),
        usage: fc.constant({ cost_usd: 1 }),
        auto_completed: fc.boolean(),
        no_changes: fc.boolean(),
        cancelled_at: fc.constant(AT),
      },
      { requiredKeys: [] },
    ),
    ticks: fc.subarray([1, 2]),
    isCrlf: fc.boolean(),
  })
  .map(({ changes, ticks, isCrlf }) => (text) => {
    const edited = editFrontMatter(ticks.length === 0 ? text : tick(text, ticks), changes);
    return isCrlf ? edited.replaceAll(/\r?\n/g, "\r\n") : edited;
  });

/** What changes what an agent would do. */
const edits: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc
    .constantFrom<FrontMatterChanges>(
      { type: "task" },
      { depends_on: undefined },
      { target_files: ["a"] },
      { context: ["a"] },
      { prompt: "p" },
      { agent: "a" },
      { model: "m" },
      { labels: undefined },
      { output_schema: "s" },
      { approval: undefined },
    )
    .map((changes) => (text: string) => editFrontMatter(text, changes)),
  fc.stringMatching(/^[a-z ]{0,20}[a-z]$/).map((words) => (text: string) => `${text}${words}\n`),
  fc.constantFrom(
    (text: string) => text.replace("npm test", "true"),
    (text: string) => text.replace("- [ ] two", "- [ ] three").replace("- [x] two", "- [x] three"),
    (text: string) => text.replace("# T", "# U"),
  ),
);

test("ticks and statuses by chant never break an approval", () => {
  const committed = approvedText(TEXT);
  fc.assert(
    fc.property(fc.array(ownEdits, { maxLength: 3 }), ownEdits, (steps, last) => {
      const edit = (text: string): string => [...steps, last].reduce((now, step) => step(now), text);
      expect(kindOf(edit(committed), committed)).toBe("approved");
      expect(kindOf(edit(committed), edit(committed))).toBe("approved");
    }),
    { numRuns: 50 },
  );
});

test("any edit of what the agent would do breaks it, whatever chant has written meanwhile", () => {
  const committed = approvedText(TEXT);
  fc.assert(
    fc.property(ownEdits, edits, ownEdits, (before, edit, after) => {
      expect(kindOf(after(edit(before(committed))), committed)).toBe("changed");
    }),
  );
});

test("no edit of a file in the checkout opens a gate that the target has shut", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("pending", "rejected"),
      fc.constantFrom<FrontMatterChanges>(
        { approval: undefined },
        { approval: { required: false } },
        { approval: approved(specOf(TEXT), "Eve", AT) },
        { labels: undefined, approval: undefined },
      ),
      (status, changes) => {
        const committed = editFrontMatter(TEXT, { approval: { required: true, status } });
        expect(kindOf(editFrontMatter(committed, changes), committed, ["risky"])).toBe(
          status === "rejected" ? "rejected" : "awaiting",
        );
      },
    ),
  );
});

test("it is demanded by the spec, by a label or by a type, on disk or on the target", () => {
  const plain = specOf("---\nlabels: [a]\ntype: group\n---\n# T\n");
  expect(demandsApproval(plain, [])).toBe(false);
  expect(demandsApproval(plain, ["a"])).toBe(true);
  expect(demandsApproval(plain, ["driver"])).toBe(true);
  expect(demandsApproval(plain, ["code"])).toBe(false);
  const bare = "# T\n";
  expect(kindOf(bare)).toBe("not_needed");
  expect(kindOf(bare, bare)).toBe("not_needed");
  expect(kindOf(TEXT)).toBe("awaiting");
  expect(kindOf(bare, TEXT)).toBe("awaiting");
  expect(kindOf(bare, "---\nlabels: [a]\n---\n# T\n", ["a"])).toBe("awaiting");
  expect(kindOf("---\napproval: {result: true}\n---\n# T\n")).toBe("not_needed");
});

test("one that is not on the target does not count; a rejection counts wherever it stands", () => {
  expect(kindOf(approvedText(TEXT))).toBe("awaiting");
  expect(kindOf(approvedText(TEXT), TEXT)).toBe("awaiting");
  const no = editFrontMatter(TEXT, { approval: rejected(specOf(TEXT), "Ann", AT, "too big") });
  expect(approvalState(specOf(no), specOf(approvedText(TEXT)), [])).toEqual({
    kind: "rejected",
    by: "Ann",
    at: AT,
    reason: "too big",
  });
  expect(kindOf(approvedText(TEXT), no)).toBe("rejected");
});

test("one without a hash holds for what stands beside it, and the start that it allows binds it", () => {
  const rust = editFrontMatter(TEXT, { approval: { required: true, status: "approved", by: "Ann" } });
  const state = approvalState(specOf(rust), specOf(rust), []);
  expect(state).toEqual({ kind: "approved", isBound: false, by: "Ann" });
  expect(kindOf(`${rust}more\n`, rust)).toBe("changed");
  const bound = approvalAtStart(specOf(rust), state, undefined);
  const started = editFrontMatter(rust, { approval: bound, status: "in_progress" });
  expect(approvalState(specOf(started), specOf(started), [])).toMatchObject({ isBound: true });
  expect(kindOf(`${started}more\n`, `${started}more\n`)).toBe("changed");
  expect(approvalAtStart(specOf(started), { kind: "approved", isBound: true }, undefined)).toBeUndefined();
});

test("a start past the gate is recorded, and leaves the gate shut", () => {
  const approval = approvalAtStart(specOf(TEXT), { kind: "awaiting" }, { by: "Ann", at: AT });
  const started = editFrontMatter(TEXT, { approval });
  expect(specOf(started).approval).toEqual({
    required: true,
    status: "pending",
    skippedBy: "Ann",
    skippedAt: AT,
  });
  expect(kindOf(started, started)).toBe("awaiting");
});

test("a new decision leaves nothing of the one before, and keeps what it does not know", () => {
  const text = editFrontMatter(TEXT, {
    approval: { required: false, status: "rejected", reason: "no", result: true, team: "core" },
  });
  expect(approved(specOf(text), "Ann", AT)).toEqual({
    required: true,
    status: "approved",
    by: "Ann",
    at: AT,
    result: true,
    team: "core",
    spec_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  expect(rejected(specOf(approvedText(TEXT)), "Ann", AT, "no")).not.toHaveProperty("spec_hash");
  expect(approvalWith("# no front matter\n", { status: "pending" })).toEqual({
    required: true,
    status: "pending",
  });
});

test("what chant writes at the end of a run binds a valid approval again, and no other", () => {
  const before = specOf(approvedText(TEXT));
  const after = specOf(editFrontMatter(before.text, { agent: "claude", model: "m" }));
  const approval = boundAgain(before, after);
  expect(kindOf(editFrontMatter(after.text, { approval }), editFrontMatter(after.text, { approval }))).toBe(
    "approved",
  );
  const edited = specOf(`${before.text}by the agent\n`);
  expect(boundAgain(edited, specOf(editFrontMatter(edited.text, { model: "m" })))).toBeUndefined();
  expect(boundAgain(before, before)).toBeUndefined();
});

/** A spec's text as somebody writes it who knows the hash, or not. */
function broughtText({ approval, labels }: Brought): string {
  const plain = editFrontMatter("# T\n", { labels: labels.length === 0 ? undefined : labels });
  if (approval === undefined) return plain;
  const bound = approved(specOf(plain), "", "") as { readonly spec_hash: string };
  const spec_hash = approval.spec_hash === "bound" ? bound.spec_hash : approval.spec_hash;
  return editFrontMatter(plain, { approval: { ...approval, spec_hash } });
}

interface Brought {
  readonly approval:
    | { readonly required: boolean; readonly status: string; readonly by: string; readonly spec_hash: string }
    | undefined;
  readonly labels: readonly string[];
}

test("no branch approves, and none takes a gate away", () => {
  const statuses = fc.constantFrom("pending", "approved", "rejected");
  const approvals = fc.option(
    fc.record({
      required: fc.boolean(),
      status: statuses,
      by: fc.constant("Eve"),
      spec_hash: fc.constantFrom("0".repeat(64), "bound"),
    }),
    { nil: undefined },
  );
  const brought = fc.record({ approval: approvals, labels: fc.subarray(["risky", "ui"]) });
  fc.assert(
    fc.property(fc.option(brought, { nil: undefined }), brought, (ours, theirs) => {
      const base = ours === undefined ? undefined : broughtText(ours);
      const merged =
        base === undefined
          ? { ok: true as const, text: broughtText(theirs) }
          : mergeSpec({ base, ours: base, theirs: broughtText(theirs) });
      if (!merged.ok) throw new Error("no conflict was to be expected");
      const before = base === undefined ? undefined : specOf(base);
      const approval = approvalFromBranch(specOf(merged.text), before, ["risky"]);
      const landed = approval === undefined ? merged.text : editFrontMatter(merged.text, { approval });
      const was = base === undefined ? "not_needed" : kindOf(base, base, ["risky"]);
      const is = kindOf(landed, landed, ["risky"]);
      if (is === "approved") expect(was).toBe("approved");
      const isShut = was !== "not_needed" && was !== "approved";
      if (isShut) expect(["awaiting", "rejected", "changed"]).toContain(is);
    }),
  );
});

test("a driver's gate holds its members, at every depth", () => {
  const files = new Map([
    ["001", specOf(TEXT)],
    ["001.1", specOf("# M\n", "001.1")],
    ["001.2.3", specOf("# M\n", "001.2.3")],
    ["002", specOf("# N\n", "002")],
  ]);
  const facts = { shown: files, onTarget: files, requiredFor: [] };
  expect(whyNotApproved(facts, "001")).toBe("it is not approved yet");
  expect(whyNotApproved(facts, "001.1")).toBe("its driver 001 is not approved yet");
  expect(whyNotApproved(facts, "001.2.3")).toBe("its driver 001 is not approved yet");
  expect(whyNotApproved(facts, "002")).toBeUndefined();
  const no = specOf(editFrontMatter(TEXT, { approval: rejected(specOf(TEXT), "Ann", AT, "no") }));
  const after = new Map([...files, ["001", no] as const]);
  expect(whyNotApproved({ ...facts, shown: after, onTarget: after }, "001")).toBe(
    "it was rejected by Ann: no",
  );
});
