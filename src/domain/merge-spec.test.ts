import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { parseCriteria, tick } from "./criteria.ts";
import { editFrontMatter, parseFrontMatter } from "./front-matter.ts";
import type { FrontMatterChanges } from "./front-matter.ts";
import { OWNED_KEYS } from "./merge-front.ts";
import { mergeSpec } from "./merge-spec.ts";

const BASE = `---
type: code # kind
status: in_progress
labels:
- a
- b
unknown: {x: 1}
---
# Title

Words one.

## Acceptance Criteria

- [ ] first
- [ ] second
- [ ] third

The end.
`;

function merged(ours: string, theirs: string, base = BASE): string {
  const result = mergeSpec({ base, ours, theirs });
  if (!result.ok) throw new Error(result.conflicts.join("; "));
  return result.text;
}

const conflictsOf = (ours: string, theirs: string, base = BASE): readonly string[] => {
  const result = mergeSpec({ base, ours, theirs });
  return result.ok ? [] : result.conflicts;
};

const edit = (changes: FrontMatterChanges, text = BASE): string => editFrontMatter(text, changes);

describe("front matter", () => {
  test("the side that changed a key wins, and the same change on both is one", () => {
    const text = merged(edit({ model: "m", prompt: "p" }), edit({ type: "task", prompt: "p" }));
    expect(text).toBe(edit({ type: "task", model: "m", prompt: "p" }));
  });

  test("chant's own keys come from the target, whatever the branch put there", () => {
    const theirs = edit({ status: "completed", commits: ["forged"], auto_completed: true, type: "task" });
    expect(merged(BASE, theirs)).toBe(edit({ type: "task" }));
    const ours = edit({ status: "cancelled", usage: { cost_usd: 1 } });
    expect(merged(ours, theirs)).toBe(edit({ type: "task" }, ours));
    expect(merged(ours, edit({ status: undefined }))).toBe(ours);
  });

  test("lists that are sets are merged as sets, others and scalars conflict by name", () => {
    const text = merged(
      edit({ labels: ["b", "c"], depends_on: ["x"] }),
      edit({ labels: ["a", "b", "d"], depends_on: ["x", "y"] }),
    );
    const read = parseFrontMatter(text);
    expect(read.ok && [read.data.get("labels"), read.data.get("depends_on")]).toEqual([
      ["b", "c", "d"],
      ["x", "y"],
    ]);
    expect(conflictsOf(edit({ model: "a", priority: 1 }), edit({ model: "b", priority: 2 }))).toEqual([
      "front matter key model",
      "front matter key priority",
    ]);
    expect(conflictsOf(edit({ unknown: ["a"] }), edit({ unknown: ["b"] }))).toEqual([
      "front matter key unknown",
    ]);
    expect(conflictsOf(edit({ type: undefined }), edit({ type: "task" }))).toEqual(["front matter key type"]);
  });

  test("what a side wrote comes along byte for byte, comments too", () => {
    const theirs = BASE.replace("unknown: {x: 1}", "# why\nunknown: { x: 1,\n  y: [2] } # odd");
    expect(merged(edit({ status: "failed" }), theirs)).toBe(edit({ status: "failed" }, theirs));
    const ours = BASE.replace("type: code # kind", "type:   task   # better");
    expect(merged(ours, edit({ labels: ["z"] }))).toBe(edit({ labels: ["z"] }, ours));
    expect(merged(edit({ model: "m" }), BASE.replace("code # kind", "code # kind of work"))).toBe(
      edit({ model: "m" }).replace("# kind", "# kind of work"),
    );
  });

  test("lines are fitted to the indentation and the line breaks of the other side", () => {
    const ours = "---\r\n  a: 1\r\n---\r\n";
    expect(merged(`---\r\n  a: 2\r\n---\r\n`, "---\r\na: 1\nb:\n  c: |\n    t\n---\r\n", ours)).toBe(
      "---\r\n  a: 2\r\n  b:\r\n    c: |\r\n      t\r\n---\r\n",
    );
  });

  test("a version that cannot be read is a conflict that says where", () => {
    expect(conflictsOf(BASE, BASE.replace("type: code", "type: ["))).toEqual([
      expect.stringMatching(/^front matter of the branch's version, line \d+: /),
    ]);
    const broken = BASE.replace("type: code", "type: [");
    expect(merged(broken, broken)).toBe(broken);
  });

  test("front matter that only one side has", () => {
    expect(merged("body\n", "---\na: 1\n---\nbody\n", "body\n")).toBe("---\na: 1\n---\nbody\n");
    expect(merged("body\nmore\n", "---\na: 1\n---\nbody\n", "body\n")).toBe("---\na: 1\n---\nbody\nmore\n");
    expect(merged("---\na: 1\n---\nbody\n", "body\nmore\n", "body\n")).toBe("---\na: 1\n---\nbody\nmore\n");
  });
});

describe("body", () => {
  test("ticks of both sides meet, also beside a line that the other changed", () => {
    expect(merged(tick(BASE, [1]), tick(BASE, [2, 3]))).toBe(tick(BASE, "all"));
    const ours = BASE.replace("The end.", "An end.").replace("Words one.", "Words two.");
    expect(merged(ours, tick(BASE, "all"))).toBe(tick(ours, "all"));
    const longer = BASE.replace("- [ ] third\n", "- [ ] third\n- [ ] fourth\n");
    expect(merged(longer, tick(BASE, "all"))).toBe(tick(longer, [1, 2, 3]));
  });

  test("a criterion both sides added is ticked where one ticked it", () => {
    const added = BASE.replace("- [ ] third\n", "- [ ] third\n- [ ] fourth\n");
    expect(merged(added, tick(added, [4]))).toBe(tick(added, [4]));
  });

  test("an unticked box that was ticked before stays so if only one side did it", () => {
    const ticked = tick(BASE, "all");
    expect(merged(ticked, BASE, ticked)).toBe(BASE);
  });

  test("prose that both changed differently is a conflict, with the lines of the target", () => {
    const ours = BASE.replace("Words one.", "Words two.\nAnd three.");
    expect(conflictsOf(ours, BASE.replace("Words one.", "Words four."))).toEqual(["body lines 11-12"]);
    expect(conflictsOf(BASE.replace("Words one.\n", ""), BASE.replace("Words one.", "Words four."))).toEqual([
      "body line 11",
    ]);
    expect(merged(ours, ours.replace("The end.", "The very end."))).toBe(
      ours.replace("The end.", "The very end."),
    );
  });

  test("a criterion that the target changed and the branch ticked is a conflict: nobody checked the new words", () => {
    const ours = BASE.replace("second", "second and a half");
    expect(conflictsOf(ours, tick(BASE, "all"))).toEqual(["body line 16"]);
    expect(merged(ours, tick(BASE, [1, 3]))).toBe(tick(ours, [1, 3]));
    expect(merged(BASE.replace("- [ ] second\n", ""), tick(BASE, "all"))).toBe(
      tick(BASE, "all").replace("- [x] second\n", ""),
    );
  });

  test("boxes outside the criteria are prose", () => {
    const base = "# T\n\n- [ ] a\n";
    expect(merged(base, "# T\n\n- [x] a\n", base)).toBe("# T\n\n- [x] a\n");
    expect(conflictsOf("# T\n\n- [x] a\n", "# T\n\n- [X] a\n", base)).toEqual(["body line 3"]);
  });

  test("a missing line break at the end survives", () => {
    const base = "---\na: 1\n---\nx\ny";
    expect(merged("---\na: 1\n---\nX\ny", "---\na: 2\n---\nx\ny", base)).toBe("---\na: 2\n---\nX\ny");
  });
});

const anyFrontLine = fc.constantFrom(
  "type: code",
  "type: task",
  "status: pending",
  "status: failed # x",
  "labels: [a]",
  "labels:\n- a\n- b",
  "labels:\n  - c # d",
  "x: |\n  text",
  "x: |+\n  text\n",
  "y: {z: 1}",
  "y: 'q'",
  "model: m",
  "commits: [a]",
  "depends_on: a",
  "# comment",
  "",
  "# other",
);
const anyBodyLine = fc.constantFrom(
  "# T",
  "## Acceptance Criteria",
  "- [ ] a",
  "- [x] a",
  "- [ ] b",
  "words",
  "more",
  "",
  "```",
  "ünï",
);

/** A version; three of them are made of parts of one list, so that they have much in common. */
const anyVersion = fc
  .record({
    front: fc.array(anyFrontLine, { maxLength: 5 }),
    body: fc.array(anyBodyLine, { maxLength: 8 }),
    eol: fc.constantFrom("\n", "\n", "\n", "\r\n"),
    end: fc.constantFrom("\n", ""),
  })
  .map(({ front, body, eol, end }) => {
    const seen = new Set<string>();
    const lines = front.filter((line) => {
      const key = /^\w+/.exec(line)?.[0];
      return key === undefined || (!seen.has(key) && Boolean(seen.add(key)));
    });
    return ["---", ...lines, "---", ...body].join("\n").replaceAll("\n", eol) + end;
  });

const similar = (version: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(version),
    anyVersion,
    fc
      .constantFrom("status", "model", "labels", "new")
      .map((key) => editFrontMatter(version, { [key]: "changed" })),
    fc.constantFrom("status", "x", "type").map((key) => editFrontMatter(version, { [key]: undefined })),
    fc.constant(tick(version, "all")),
    fc.constantFrom("words", "more", "ünï").map((word) => version.replace(word, `${word} changed`)),
    fc.constant(`${version}\nadded`),
  );

const dataOf = (text: string): ReadonlyMap<string, unknown> => {
  const read = parseFrontMatter(text);
  if (!read.ok) throw new Error(read.message);
  return read.data;
};

const withoutOwned = (text: string): { readonly [key: string]: unknown } =>
  Object.fromEntries([...dataOf(text)].filter(([key]) => !OWNED_KEYS.has(key)));

const bodyOf = (text: string): string => text.slice(text.indexOf("---", 3) + 3);

describe("laws", () => {
  test("what only one side changed is the result, but for chant's own keys", async () => {
    await law(
      "front matter's merge",
      3_000,
      fc.property(anyVersion, anyVersion, (base, changed) => {
        expect(merged(changed, base, base)).toBe(changed);
        expect(merged(changed, changed, base)).toBe(changed);
        const text = merged(base, changed, base);
        expect(withoutOwned(text)).toEqual(withoutOwned(changed));
        expect(text.endsWith(changed.slice(changed.length - bodyOf(changed).length))).toBe(true);
        const [now, before] = [dataOf(text), dataOf(base)];
        for (const key of OWNED_KEYS) expect(now.get(key)).toEqual(before.get(key));
      }),
    );
  });

  test("three versions give what each key's rule says, or a conflict; what can be read stays so", async () => {
    const three = anyVersion.chain((base) => fc.tuple(fc.constant(base), similar(base), similar(base)));
    let merges = 0;
    await law(
      "front matter's merge",
      9_000,
      fc.property(three, ([base, ours, theirs]) => {
        const result = mergeSpec({ base, ours, theirs });
        if (!result.ok) {
          expect(result.conflicts.length).toBeGreaterThan(0);
          return;
        }
        merges += 1;
        const [b, o, t, m] = [base, ours, theirs, result.text].map(dataOf);
        for (const key of new Set([...(o?.keys() ?? []), ...(t?.keys() ?? []), ...(m?.keys() ?? [])])) {
          const value = m?.get(key);
          const [inBase, inOurs, inTheirs] = [b, o, t].map((data) => JSON.stringify(data?.get(key)));
          if (OWNED_KEYS.has(key) || inTheirs === inBase) expect(value).toEqual(o?.get(key));
          else if (inOurs === inBase) expect(value).toEqual(t?.get(key));
        }
        // Every line of the body comes from a version, boxes aside.
        const known = [base, ours, theirs]
          .flatMap((text) => bodyOf(text).split("\n"))
          .map((line) => line.replace(/\[[xX]\]/, "[ ]"));
        const lines = bodyOf(result.text)
          .split("\n")
          .map((line) => line.replace(/\[[xX]\]/, "[ ]"));
        expect(known).toEqual(expect.arrayContaining(lines));
      }),
    );
    expect(merges).toBeGreaterThan(500);
  });

  test("ticks of two sides are united", async () => {
    const spec = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
    await law(
      "front matter's merge",
      6_500,
      fc.property(spec, fc.array(fc.nat(5)), fc.array(fc.nat(5)), (boxes, first, second) => {
        const base = `---\nstatus: in_progress\n---\n## Acceptance Criteria\n${boxes.map((ticked, at) => `- [${ticked ? "x" : " "}] c${at}\n`).join("")}`;
        const numbers = (picks: readonly number[]): readonly number[] =>
          picks.map((pick) => (pick % boxes.length) + 1);
        const text = merged(tick(base, numbers(first)), tick(base, numbers(second)), base);
        expect(text).toBe(tick(base, [...numbers(first), ...numbers(second)]));
        expect(parseCriteria(text)).toHaveLength(boxes.length);
      }),
    );
  });
});

const fileWith = (line: string): string => `# T\n\n## Acceptance Criteria\n\n${line}\n- [ ] Other\n`;

const both = (base: string, ours: string, theirs: string): string => {
  const result = mergeSpec({ base: fileWith(base), ours: fileWith(ours), theirs: fileWith(theirs) });
  return result.ok ? (result.text.split("\n")[4] ?? "") : result.conflicts.join();
};

test("a check that changed on one side and a box on the other are both kept", () => {
  const open = "- [ ] A <!-- check: one -->";
  const ticked = "- [x] A <!-- check: one -->";
  expect(both(open, "- [ ] A <!-- check: two -->", ticked)).toBe("- [x] A <!-- check: two -->");
  expect(both(open, "- [ ] A", ticked)).toBe("- [x] A");
  expect(both("- [ ] A", "- [ ] A <!-- check: two -->", "- [x] A")).toBe("- [x] A <!-- check: two -->");
  expect(both(open, ticked, "- [ ] A <!-- check: two -->")).toBe("- [x] A <!-- check: two -->");
  expect(both(ticked, "- [x] A <!-- check: two -->", open)).toBe("- [ ] A <!-- check: two -->");
  // Where both changed the check, it is the target's.
  expect(both(open, "- [ ] A <!-- check: two -->", "- [x] A <!-- check: true -->")).toBe(
    "- [x] A <!-- check: two -->",
  );
  // Other words are another criterion.
  expect(both(open, "- [ ] B <!-- check: one -->", ticked)).toMatch(/^body line/);
});
