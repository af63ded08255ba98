import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFrontMatter } from "../front-matter.ts";
import { isBroken, parseSpec } from "../spec.ts";
import { KNOWN_KEYS } from "../spec-front.ts";
import { FIXABLE_RULES, fixSpec } from "./fix.ts";
import { lint } from "./lint.ts";
import type { LintWorld } from "./world.ts";

const A = "2026-01-01-001-aaa";

const worldOf = (texts: Readonly<Record<string, string>>): LintWorld => ({
  folder: ".chant/specs",
  otherFiles: [],
  specs: new Map(Object.entries(texts).map(([id, text]) => [id, parseSpec(id, text)])),
  known: new Set(),
  runs: new Set(),
});

function fixOf(text: string, others: Readonly<Record<string, string>> = {}): string {
  const world = worldOf({ [A]: text, ...others });
  const spec = world.specs.get(A);
  if (spec === undefined || isBroken(spec)) throw new Error(spec?.message);
  return fixSpec(spec, lint(world, [A]), world).text;
}

const spelled = (key: string): string =>
  `---\r\n# why\r\nstatus:  pending\r\n${key} : [ x ] # mine\r\nother: dependsOn\r\n---\r\n# T\r\n`;

test("another spelling of a known key becomes the key, and not a byte besides", () => {
  expect(fixOf(spelled("dependsOn"))).toBe(spelled("depends_on"));
  expect(fixOf(spelled("Depends-On"))).toBe(spelled("depends_on"));
});

test("what is but near is left, and so is a key whose place is taken or whose value would break the spec", () => {
  for (const line of ["depend_on: [x]", "Labels: [a]\nlabels: [b]", "Priority: high", '"Labels": [a]']) {
    const text = `---\n${line}\n---\n# T\n`;
    expect(fixOf(text)).toBe(text);
  }
});

const driver = (members: string): string => `---\ntype: driver\nmembers: [${members}]\n---\n# T\n`;

test("what repeats the file's name says the same, or goes where it says nothing else", () => {
  expect(fixOf(`---\nid: ${A}\ncommit: 0123abc\nstatus: completed\n---\n# T\n`)).toBe(
    "---\ncommits: 0123abc\nstatus: completed\n---\n# T\n",
  );
  expect(fixOf("---\nid: another\n---\n# T\n")).toBe("---\nid: another\n---\n# T\n");
  const mended = fixOf(driver(`${A}.9`), { [`${A}.1`]: "# T\n", [`${A}.10`]: "# T\n", [`${A}.2`]: "# T\n" });
  expect(mended).toBe(`---\ntype: driver\nmembers:\n- ${A}.1\n- ${A}.2\n- ${A}.10\n---\n# T\n`);
  expect(fixOf(driver(`${A}.9`))).toBe(driver(`${A}.9`));
});

function dataOf(text: string): ReadonlyMap<string, unknown> {
  const read = parseFrontMatter(text);
  return read.ok ? read.data : new Map();
}

test("law: a fix finds an end, breaks nothing, and changes no value of a key that was known", () => {
  const key = fc.oneof(
    fc.constantFrom(...KNOWN_KEYS).map((known) => known.toUpperCase()),
    fc.constantFrom("id", "commit", "dependsOn", "members", "no-changes", "zzz"),
    fc.constantFrom(...KNOWN_KEYS),
  );
  const value = fc.constantFrom(
    "x",
    "[x]",
    A,
    "1",
    "true",
    `[${A}.1]`,
    "{a: 1}",
    "completed",
    '"q"',
    "|\n  x",
  );
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 5 }), (entries) => {
      const lines = Object.entries(entries).map(([name, words]) => `${name}: ${words}\n`);
      const text = `---\n${lines.join("")}---\n# T\n`;
      const world = worldOf({ [A]: text, [`${A}.1`]: "# T\n" });
      const spec = world.specs.get(A);
      fc.pre(spec !== undefined && !isBroken(spec));
      const fix = fixSpec(spec, lint(world, [A]), world);
      const after = parseSpec(A, fix.text);
      expect(isBroken(after)).toBe(false);
      expect(fix.findings.every(({ rule }) => FIXABLE_RULES.some((each) => each === rule))).toBe(true);
      expect(fixOf(fix.text, { [`${A}.1`]: "# T\n" })).toBe(fix.text);
      const [was, is] = [text, fix.text].map(dataOf);
      for (const [name, words] of was ?? []) {
        if (KNOWN_KEYS.has(name) && name !== "members") expect(is?.get(name)).toEqual(words);
      }
    }),
    { numRuns: 300 },
  );
});
