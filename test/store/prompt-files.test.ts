import { join } from "node:path";
import { expect, test } from "vitest";
import { renderPrompt } from "../../src/domain/prompt.ts";
import { isBroken, parseSpec } from "../../src/domain/spec.ts";
import { promptNames, readPrompt } from "../../src/store/prompt-files.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const spec = parseSpec("2026-01-01-001-aaa", "# The title\n\nWords.\n");
if (isBroken(spec)) throw new Error(spec.message);
const FACTS = { spec, project: "shop", launch: { branch: "b", worktree: "/w", attempt: 1 } };

async function withPrompts<T>(
  prompts: Readonly<Record<string, string>>,
  use: (read: (name: string) => Promise<string>, folder: string) => Promise<T>,
): Promise<T> {
  const files = Object.entries(prompts).map(([name, text]) => [`prompts/${name}.md`, text] as const);
  await using repo = await tempRepo(Object.fromEntries(files), { commit: false });
  const folder = join(repo.path, "prompts");
  return await use(async (name) => renderPrompt(await readPrompt(folder, name), FACTS), folder);
}

test("a prompt's parent goes where it says, else in front, through several generations", async () => {
  await withPrompts(
    {
      base: "---\nname: base\n---\n\nBase of {{id}}.\n\n",
      middle: "---\nextends: base\n---\nBefore. {{> parent}} After {{title}}.\n",
      top: "---\nextends: middle\n---\n> {{>parent}}\n\nTop.\n",
      added: "---\r\nextends: base\r\n---\r\nAdded.\r\n",
    },
    async (read) => {
      expect(await read("top")).toBe("> Before. Base of 2026-01-01-001-aaa. After The title.\n\nTop.\n");
      expect(await read("added")).toBe("\nBase of 2026-01-01-001-aaa.\n\n\nAdded.\r\n");
    },
  );
});

test("what a spec says is not read as a prompt", async () => {
  const odd = parseSpec("x", "# {{title}} {{> parent}} {{nothing}}\n");
  if (isBroken(odd)) throw new Error(odd.message);
  await withPrompts({ p: "{{title}}" }, async (_, folder) => {
    expect(renderPrompt(await readPrompt(folder, "p"), { ...FACTS, spec: odd })).toBe(
      "{{title}} {{> parent}} {{nothing}}",
    );
  });
});

test.each([
  [
    { p: "One\n{{titel}}\n" },
    ".chant/prompts/p.md:2: there is no variable {{titel}}.",
    "Did you mean {{title}}?",
  ],
  [
    { p: "---\nextends: q\n---\nOwn.\n", q: "---\nname: q\n---\n\n{{nothing}}\n" },
    ".chant/prompts/q.md:5: there is no variable {{nothing}}.",
    "Known are: id,",
  ],
  [
    { p: "---\nname: p\nextends: standrad\n---\nOwn.\n" },
    '.chant/prompts/p.md:3: it extends "standrad", which does not exist.',
    'Did you mean "standard"?',
  ],
  [
    { p: "---\nextends: q\n---\n", q: "---\nextends: r\n---\n", r: "---\nextends: q\n---\n" },
    ".chant/prompts/r.md:2: these prompts extend each other: p -> q -> r -> q.",
    "Take one of the lines",
  ],
  [
    { p: "---\nextends: p\n---\n" },
    ".chant/prompts/p.md:2: these prompts extend each other: p -> p.",
    "Take one",
  ],
  [{ p: "---\nextends: ../q\n---\n" }, '.chant/prompts/p.md:2: "../q" cannot be the name', "letters, digits"],
  [{ p: "---\nextends: [a]\n---\n" }, '.chant/prompts/p.md:2: ["a"] cannot be the name', "letters, digits"],
  [{ p: "One\n\n{{> parent}}\n" }, ".chant/prompts/p.md:3: {{> parent}} has no parent", "extends: standard"],
  [
    { p: "---\nextends: standard\n---\n{{> child}}\n" },
    ".chant/prompts/p.md:4: there is no part {{> child}}.",
    "Only {{> parent}}",
  ],
])("what is wrong with a prompt is told with file and line: %o", async (prompts, message, hint) => {
  await withPrompts(prompts, async (read) => {
    await expect(read("p")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
  });
});

test("a prompt that is shipped is there without a file, and a file of its name holds against it", async () => {
  await withPrompts({ standard: "Mine: {{title}}.\n", "no name": "" }, async (read, folder) => {
    expect(await promptNames(folder)).toEqual(["minimal", "review", "standard", "tdd"]);
    expect(await read("tdd")).toMatch(/^Mine: The title\.\n\n## Tests first\n/);
    await expect(read("tddd")).rejects.toMatchObject({
      code: "FILE_REFUSED",
      message: 'There is no prompt "tddd" in .chant/prompts.',
    });
    await expect(read("../config")).rejects.toMatchObject({ code: "FILE_REFUSED" });
  });
});
