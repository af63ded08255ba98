import { expect, test } from "vitest";
import { renderPrompt, unknownPlaces } from "./prompt.ts";
import { layersOf } from "./prompt-layers.ts";
import { SHIPPED_PROMPTS } from "./shipped-prompts.ts";
import { isBroken, parseSpec, type Spec } from "./spec.ts";

const ID = "2026-01-22-001-x7m";

function specOf(text: string): Spec {
  const spec = parseSpec(ID, text);
  if (isBroken(spec)) throw new Error(spec.message);
  return spec;
}

const SPEC = specOf(
  "---\nstatus: pending\ntarget_files: [a.rs, b.rs]\ncontext: [docs/a.md]\n---\n# Title\n\nWords.\n",
);
const FACTS = { spec: SPEC, project: "shop", launch: { branch: "chant/x", worktree: "/w/x", attempt: 2 } };
const render = (template: string, spec: Spec = SPEC): string =>
  renderPrompt(layersOf([{ name: "p", file: "prompts/p.md", text: template }]), { ...FACTS, spec });

test("a prompt's places are filled, also under the names of the Rust chant", () => {
  expect(render("{{id}} {{ title }} {{branch}} {{worktree}} {{attempt}}")).toBe(`${ID} Title chant/x /w/x 2`);
  expect(render("{{project.name}}: {{spec.id}} {{spec.title}} {{worktree.branch}} {{worktree.path}}")).toBe(
    `shop: ${ID} Title chant/x /w/x`,
  );
  expect(render("{{spec.path}}|{{spec.target_files}}|{{spec.context}}|{{spec.description}}")).toBe(
    `.chant/specs/${ID}.md|a.rs\nb.rs|docs/a.md|# Title\n\nWords.`,
  );
  expect(render("{{spec}}")).toBe(`Spec ID: ${ID}\n\n# Title\n\nWords.\n\n## Target Files\n\n- a.rs\n- b.rs`);
  expect(render("{{spec}}", specOf("# Title\n"))).toBe(`Spec ID: ${ID}\n\n# Title`);
});

test("front matter of a prompt is not given to the agent; what only looks like some is", () => {
  expect(render("---\nname: standard\npurpose: Work\n---\n\n# {{title}}\n")).toBe("\n# Title\n");
  expect(render("---\nA rule above, a rule below.\n---\n")).toBe("---\nA rule above, a rule below.\n---\n");
});

test("a place that does not exist is refused with the line that it has in the file", () => {
  expect(() => render("---\nname: p\n---\n\n{{spec.nothing}}\n")).toThrow(
    "prompts/p.md:5: there is no variable {{spec.nothing}}.",
  );
  expect(() => render("{{toString}}")).toThrow("there is no variable {{toString}}");
});

test("a prompt that sends its agent to chant prep says where the spec is, and how to finish", () => {
  const text = render("Work on {{spec.id}}. Run:\n\n```\nchant prep {{spec.id}}\n```\n");
  expect(text).toContain(
    `Work on ${ID}. Run:\n\n\`\`\`\ncat .chant/specs/${ID}.md\n\`\`\`\n\n## How to finish\n`,
  );
  expect(text).toContain(`chant(${ID}):`);
  expect(render("chant preparation")).toBe("chant preparation");
});

test.each([...SHIPPED_PROMPTS])(
  "the prompt %s that is shipped says the rules once, and asks for no specs",
  (name, text) => {
    const standard = { name: "standard", file: "standard", text: SHIPPED_PROMPTS.get("standard") ?? "" };
    const own = { name, file: name, text };
    const parts = layersOf(text.includes("extends: standard") ? [own, standard] : [own]);
    expect(unknownPlaces(parts)).toEqual([]);
    const said = renderPrompt(parts, FACTS);
    for (const rule of [
      "only in this folder",
      "chant tick",
      `chant(${ID}):`,
      ".chant-status.json",
      "# Title\n\nWords.",
    ]) {
      expect(said.split(rule)).toHaveLength(rule === "chant tick" ? said.split(rule).length : 2);
      expect(said).toContain(rule);
    }
    expect(said.split("# Title"), "the title").toHaveLength(2);
    expect(said).not.toMatch(/chant (add|split|work|init)|new spec|another spec|\{\{|^---/m);
  },
);
