import { join } from "node:path";
import { expect, test } from "vitest";
import { isBroken } from "../../src/domain/spec.ts";
import { SpecFiles } from "../../src/store/spec-files.ts";
import { parseConfig } from "../../src/domain/config.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const ID = "2026-01-01-001-abc";

/** What keeps a reader busy or makes it do more than read: refused wherever it stands, with its place. */
const HOSTILE: readonly (readonly [name: string, text: string, place: string])[] = [
  ["a file over 1 MB", `---\ntype: code\n---\n${"x".repeat(1024 * 1024)}`, "1:1 "],
  [
    "front matter over 64 KiB",
    `---\na: "${"x".repeat(70_000)}"\n---\n`,
    "2:1 The front matter is larger than",
  ],
  ["an anchor", "---\ntype: code\na: &x [1]\nb: *x\n---\n", "3:7 The anchor &x is not allowed"],
  ["an alias without an anchor", "---\ntype: code\nlabels: [*x]\n---\n", "3:10 "],
  [
    "aliases that multiply",
    `---\na: &a [1,1]\n${"bcdefghij"
      .split("")
      .map((name, at) => `${name}: &${name} [*${"abcdefghi"[at]},*${"abcdefghi"[at]}]`)
      .join("\n")}\n---\n`,
    "2:7 The anchor &a is not allowed",
  ],
  [
    "an unknown tag",
    "---\ntype: code\nx: !ruby/object:Gem {}\n---\n",
    "3:4 Unresolved tag: !ruby/object:Gem",
  ],
  ["a tag that makes bytes", "---\nx: !!binary aGk=\n---\n", "2:4 Unresolved tag: tag:yaml.org,2002:binary"],
];

test.each(HOSTILE)("%s is refused with line and column", async (_name, text, place) => {
  await using repo = await tempRepo({ [`.chant/specs/${ID}.md`]: text });
  const spec = await new SpecFiles(join(repo.path, ".chant/specs")).get(ID);
  if (spec === undefined || !isBroken(spec)) throw new Error("it was read");
  expect(`${spec.line}:${spec.column} ${spec.message}`).toContain(place);
  expect(`${spec.line}:${spec.column} ${spec.message}`.startsWith(place.slice(0, 4).trim())).toBe(true);
});

test.each(HOSTILE)("%s in the configuration is refused with line and column", (_name, text, place) => {
  const [problem] = parseConfig(text, "config.md").problems;
  expect(problem?.severity).toBe("error");
  expect(`${problem?.line}:${problem?.column} ${problem?.message}`).toContain(place);
});
