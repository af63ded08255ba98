import fc from "fast-check";
import { expect, test } from "vitest";
import { steeringPaths } from "./steering.ts";

const ID = "2026-01-01-001-abc";
const paths = (changed: readonly string[], targetFiles: readonly string[] = []): readonly string[] =>
  steeringPaths(
    ID,
    changed.map((path) => ({ path, isLink: false })),
    targetFiles,
  );

test("what decides what runs later is found, at the place where it counts", () => {
  const steering = [
    ".chant/config.md",
    ".chant/config.local.md",
    ".chant/.gitignore",
    ".chant/prompts/standard.md",
    ".chant/specs/2026-01-01-002-abc.md",
    ".chant/specs/2026-01-01-001-abc.1.md",
    ".Chant/Config.md",
    ".claude/settings.json",
    "packages/a/.claude/settings.json",
    ".mcp.json",
    ".gitattributes",
    "docs/.gitattributes",
    ".gitmodules",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    ".husky/pre-commit",
  ];
  expect(paths(steering)).toEqual(steering);
  const plain = [
    "src/a.ts",
    "docs/.chant/config.md",
    ".github/CODEOWNERS",
    "claude/a",
    ".gitignore",
    "config.md",
  ];
  expect(paths(plain)).toEqual([]);
});

test("a spec's own file is its agent's; those of its driver and its members are not", () => {
  expect(paths([`.chant/specs/${ID}.md`])).toEqual([]);
  expect(steeringPaths(`${ID}.1`, [{ path: `.chant/specs/${ID}.md`, isLink: false }], [])).toEqual([
    `.chant/specs/${ID}.md`,
  ]);
});

test("a link counts wherever it stands, also in place of the spec", () => {
  const links = ["docs/link", `.chant/specs/${ID}.md`].map((path) => ({ path, isLink: true }));
  expect(steeringPaths(ID, links, [])).toEqual(["docs/link", `.chant/specs/${ID}.md`]);
  expect(steeringPaths(ID, links, ["docs/link"])).toEqual([`.chant/specs/${ID}.md`]);
});

test.each([
  [".mcp.json", ".mcp.json", true],
  ["./.mcp.json", ".mcp.json", true],
  [".claude", ".claude/agents/a.md", true],
  [".claude/", ".claude/agents/a.md", true],
  [".claud", ".claude/a.md", false],
  [".github/workflows/*.yml", ".github/workflows/ci.yml", true],
  [".github/workflows/*.yml", ".github/workflows/deep/ci.yml", false],
  [".github/**", ".github/workflows/ci.yml", true],
  ["**/.gitattributes", "docs/a/.gitattributes", true],
  ["**/.gitattributes", ".gitattributes", true],
  ["**", ".chant/config.md", false],
  ["*", ".mcp.json", false],
  [".*", ".mcp.json", true],
  [".mcp.jso?", ".mcp.json", false],
])("target_files with %s and a change of %s", (target, path, isAllowed) => {
  expect(paths([path], [target])).toEqual(isAllowed ? [] : [path]);
});

test("a path names itself, whatever is in it", () => {
  const name = fc.string({ minLength: 1 }).map((text) => `.claude/${text.replaceAll(/[*/\s]/g, "x")}`);
  fc.assert(
    fc.property(name, (path) => {
      expect(paths([path], [path])).toEqual([]);
    }),
  );
});
