import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/application.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { treeOf } from "../kit/tree-hash.ts";
import { triesOf } from "../kit/tries.ts";

interface Parameter {
  readonly placeholder?: string;
  readonly optional?: boolean;
  readonly kind?: string;
}

/** Words of a command line with one place left open, for what a user may write there. */
interface Case {
  readonly command: string;
  readonly where: string;
  readonly placeholder: string;
  readonly args: (input: string) => readonly string[];
}

/** What a command needs besides, so that its refusal is about the word and not about these. */
const BESIDES: { readonly [command: string]: readonly string[] } = {
  start: ["--here"],
  config: ["show"],
  worktree: ["status"],
};

/** Returns every place of every command's line where a value is written, as the definitions have it. */
function places(): readonly Case[] {
  return Object.entries(COMMANDS).flatMap(([command, { parameters }]) => {
    const { flags = {}, positional } = parameters as unknown as {
      readonly flags?: { readonly [name: string]: Parameter };
      readonly positional?: {
        readonly parameter?: Parameter;
        readonly parameters?: readonly Parameter[];
        readonly minimum?: number;
      };
    };
    const needed = Object.entries(flags)
      .filter(([, flag]) => flag.kind === "parsed" && flag.optional !== true)
      .flatMap(([name]) => [flagName(name), "x"]);
    const before = [command, ...(BESIDES[command] ?? []), ...needed];
    const words =
      positional?.parameters ?? (positional?.parameter === undefined ? [] : [positional.parameter]);
    const byWord = words.map((word, at): Case => {
      const filled = words.slice(0, at).map(() => "x");
      const placeholder = word.placeholder ?? "";
      return { command, where: placeholder, placeholder, args: (input) => [...before, ...filled, input] };
    });
    const required = words.filter((word) => word.optional !== true).map(() => "x");
    const byFlag = Object.entries(flags)
      .filter(([, flag]) => flag.kind === "parsed")
      .map(([name, flag]): Case => ({
        command,
        where: flagName(name),
        placeholder: flag.placeholder ?? "",
        args: (input) => [...before, flagName(name), input, ...required],
      }));
    return [...byWord, ...byFlag];
  });
}

const flagName = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const IDS = ["zzz", "2026-01-01", "../x", "a/b", "../../../etc/passwd", "", "x".repeat(300), "a\nb", "-zzz"];

/** What is never right in a place of this kind; kinds without a form of their own take any text. */
function badInputs(placeholder: string): readonly string[] {
  if (/\bID\b/.test(placeholder)) return IDS;
  if (/^(?:N|COUNT)$/.test(placeholder)) return ["soon", "1.5", "1e3x", ""];
  if (/^(?:MS|SECONDS|MINUTES|DURATION|AGE|PERIOD)$/.test(placeholder)) {
    return ["soon", "5 parsecs", "-1", ""];
  }
  if (/^(?:DAY|DATE|TIME|WHEN)$/.test(placeholder)) return ["2026-02-30", "2026-13-01", "whenever", ""];
  return [];
}

const cases = places().filter(({ placeholder }) => badInputs(placeholder).length > 0);

const project = (): Promise<TempRepo> =>
  tempProject({
    specs: { "2026-01-01-001-aaa": {}, "2026-01-01-002-bbb": {}, "2026-01-01-002-bbb.1": {} },
  });

/** Locks, and what is made again at any time and decides nothing. */
const isPassing = (path: string): boolean =>
  /^\.git\/chant(?:$|\/(?:lock|land|watch)\.db|\/(?:inbox|shadow|trusted-guard\.json)(?:$|\/))/.test(path);

test("the table has every command that takes an id, by the definitions themselves", () => {
  const withId = new Set(
    cases.filter(({ placeholder }) => /\bID\b/.test(placeholder)).map(({ command }) => command),
  );
  expect([...withId]).toEqual(
    expect.arrayContaining(
      "show edit lint work why log tick start finalize merge resume reset cancel add".split(" "),
    ),
  );
});

const tries = triesOf("bad word on the command line");

test.each(cases.map((each) => [each.command, each.where, each] as const))(
  "chant %s refuses a bad %s with a hint, and changes nothing",
  async (_, __, { placeholder, args }) => {
    await using repo = await project();
    const before = treeOf(repo.path, isPassing);
    const head = await repo.git("rev-parse", "HEAD");
    for (const input of badInputs(placeholder)) {
      const cameThrough = tries.begin();
      const { status, stdout, stderr } = await chantInProcess(repo, args(input));
      const said = { input, status, stdout, stderr };
      expect([1, 2], JSON.stringify(said)).toContain(status);
      expect(stderr, JSON.stringify(said)).toMatch(/^hint: ./m);
      expect(stderr, JSON.stringify(said)).not.toContain("internal error");
      expect(stdout, JSON.stringify(said)).toBe("");
      expect(treeOf(repo.path, isPassing), JSON.stringify(said)).toEqual(before);
      cameThrough();
    }
    expect(await repo.git("rev-parse", "HEAD")).toBe(head);
  },
);
