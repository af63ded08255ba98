import fc from "fast-check";
import { expect, test } from "vitest";
import { isBroken, newSpecText, parseSpec } from "./spec.ts";
import { parseTemplate } from "./template.ts";
import { fillTemplate, templateExample } from "./template-fill.ts";
import { specOfTemplate } from "./template-spec.ts";

const BUG = `---
name: bug
description: A bug
variables:
  - name: component
    description: Which part it is about.
    required: true
  - name: severity
    default: low
  - { name: hint, required: false }
type: task
priority: 2
labels: [bug, "{{component}}", "{{hint}}"]
target_files: ["src/{{component}}/"]
approval: { required: true }
team: "{{component}} team"
status: completed
---

# Bug in {{component}}: {{title}}

It is {{ severity }}.

## Acceptance Criteria

- [ ] {{component}} does what it should
`;

const template = (text: string) => parseTemplate("bug", ".chant/templates/bug.md", text);
const given = (values: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(values));

test("a template is filled: values, defaults, and the words of the command line", () => {
  const filled = fillTemplate(template(BUG), given({ component: "auth" }), "Login fails");
  expect(newSpecText(specOfTemplate(filled, {}))).toBe(`---
type: task
status: pending
labels:
- bug
- auth
target_files:
- src/auth/
priority: 2
approval:
  required: true
team: auth team
---

# Bug in auth: Login fails

It is low.

## Acceptance Criteria

- [ ] auth does what it should
`);
});

test("what the command line says comes on top: lists are added to, the rest is replaced", () => {
  const filled = fillTemplate(template(BUG), given({ component: "auth" }), "T");
  const spec = specOfTemplate(filled, {
    type: "research",
    labels: ["mine"],
    targetFiles: ["b"],
    criteria: ["More"],
    priority: 5,
  });
  expect(spec).toMatchObject({
    type: "research",
    labels: ["bug", "auth", "mine"],
    targetFiles: ["src/auth/", "b"],
    priority: 5,
    more: { team: "auth team" },
  });
  expect(newSpecText(spec)).toContain("- [ ] auth does what it should\n- [ ] More\n");
});

test("words that no place takes are the heading; a template with a heading of its own needs none", () => {
  const plain = template("---\nname: x\n---\n# Own\n\nText.\n");
  expect(fillTemplate(plain, given({}), undefined)).toMatchObject({ title: "Own", body: "\nText.\n" });
  expect(fillTemplate(plain, given({}), "Mine")).toMatchObject({ title: "Mine", body: "\nText.\n" });
  const bare = template("Only text.\n");
  expect(fillTemplate(bare, given({}), "Mine")).toMatchObject({ title: "Mine", body: "Only text.\n" });
  expect(() => fillTemplate(bare, given({}), undefined)).toThrow("needs a title");
  expect(() => fillTemplate(template("# {{title}}\n"), given({}), undefined)).toThrow("needs a title");
  const own = template("---\nvariables: [{name: title, required: true}]\n---\n# The {{title}}\n");
  expect(fillTemplate(own, given({ title: "A" }), undefined).title).toBe("The A");
  expect(fillTemplate(own, given({}), "B").title).toBe("The B");
});

const refusal = (run: () => unknown): { readonly message: string; readonly hint?: string } => {
  try {
    run();
  } catch (error) {
    return error as { message: string };
  }
  throw new Error("nothing was refused");
};

test("what is missing, unknown or wrong is refused by name, with an example or the place", () => {
  expect(refusal(() => fillTemplate(template(BUG), given({}), "T"))).toMatchObject({
    message: 'The template "bug" needs --var component=... (Which part it is about).',
    hint: 'For example: chant add "What is to be done" --template bug --var component=.... Nothing was written.',
  });
  expect(refusal(() => fillTemplate(template(BUG), given({ componnent: "x" }), "T"))).toMatchObject({
    message: 'The template "bug" has no variable "componnent".',
    hint: expect.stringContaining('Did you mean "component"?') as string,
  });
  expect(refusal(() => fillTemplate(template("# T\n\nOne\n{{tow}}\n"), given({}), "T")).message).toBe(
    ".chant/templates/bug.md:4: there is no variable {{tow}}.",
  );
  expect(
    refusal(() => fillTemplate(template('---\nname: x\nlabels: ["{{tow}}"]\n---\n# T\n'), given({}), "T"))
      .message,
  ).toBe(".chant/templates/bug.md:3: there is no variable {{tow}}.");
  expect(templateExample(template(BUG), given({ hint: "it's" }))).toBe(
    String.raw`chant add "What is to be done" --template bug --var component=... --var hint='it'\''s'`,
  );
});

test.each([
  ["---\nlabels: [{{a}}]\n---\n", 2, 'A place needs quotes here: "{{name}}".'],
  ["---\nlabels: [[a]]\n---\n", 2, '"labels" must be'],
  ["---\nname: a b\n---\n", 2, '"a b" cannot be the name'],
  ["---\nvariables: x\n---\n", 2, '"variables" must be a list'],
  ["---\nvariables: [{name: 'a b'}]\n---\n", 2, 'needs a "name"'],
  ["---\nvariables: [{name: a, required: maybe}]\n---\n", 2, "true or false"],
  ["---\nvariables: [{name: a}, {name: a}]\n---\n", 2, "is there twice"],
  ["---\nname: [a\n---\n", 3, ""],
])("a template that cannot be read is told with its line: %j", (text, line, words) => {
  const { message } = refusal(() => template(text));
  expect(message).toContain(words);
  expect(message).toMatch(new RegExp(`^\\.chant/templates/bug\\.md:[1-${line}]: `));
});

test("law: whatever the values are, they are in the spec as they were given, and it can be read", () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (component, title) => {
      fc.pre(
        title.trim() !== "" && !/[\p{Cc}\p{Cs}\ufeff]/u.test(component + title) && !/\p{Z}/u.test(component),
      );
      const filled = fillTemplate(template(BUG), given({ component }), title);
      const spec = parseSpec("2026-01-01-001-aaa", newSpecText(specOfTemplate(filled, {})));
      if (isBroken(spec)) throw new Error(spec.message);
      expect(spec.labels).toEqual(component === "" ? ["bug"] : ["bug", component]);
      expect(spec.targetFiles).toEqual([`src/${component}/`]);
    }),
    { numRuns: 300 },
  );
});
