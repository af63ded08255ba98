import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";
import { tempRepo } from "../kit/temp-repo.ts";

type Added = { readonly id: string; readonly path: string; readonly commit?: string };

const LINE = /^(\d{4}-\d\d-\d\d-001-[0-9a-z]{3}) {2}(\.chant\/specs\/\1\.md)\n$/;

test("add prints the id and the path of a spec that holds what was given", async () => {
  await using repo = await tempProject();
  const flags = [
    "--type",
    "task",
    "--label",
    "ui",
    "--label",
    "now",
    "--priority",
    "-3",
    "--target-file",
    "src/a.ts",
  ];
  const criteria = ["--criterion", "Ties keep their order", "--criterion=It is fast"];
  const added = await chant(repo, ["add", "Sort", "the list", ...flags, ...criteria]);
  expect(added).toMatchObject({ status: 0, stderr: "" });
  const [, , path = ""] = LINE.exec(added.stdout) ?? [];
  expect(await repo.read(path)).toMatchInlineSnapshot(`
    "---
    type: task
    status: pending
    labels:
    - ui
    - now
    target_files:
    - src/a.ts
    priority: -3
    ---

    # Sort the list

    ## Acceptance Criteria

    - [ ] Ties keep their order
    - [ ] It is fast
    "
  `);
  expect(await repo.git("status", "--porcelain", "-uall")).toBe(`?? ${path}`);
});

test("the text comes from a file or from standard input, and dependencies by a part of their id", async () => {
  await using repo = await tempProject({ specs: { "2026-01-01-001-abc": {} } });
  await repo.write({ "text.md": "Some text.\n" });
  const first = await chantJson<Added>(repo, ["add", "One", "--body-file", "text.md", "--depends-on", "abc"]);
  expect(Object.keys(first)).toEqual(["id", "title", "path"]);
  expect(await repo.read(first.path)).toMatch(
    /depends_on:\n- 2026-01-01-001-abc\n[^]*# One\n\nSome text\.\n$/,
  );
  const second = await chantJson<Added>(repo, ["add", "Two", "--body-file", "-"], {
    input: "From a pipe.\n",
  });
  expect(await repo.read(second.path)).toContain("# Two\n\nFrom a pipe.\n");
});

test("--commit commits the new file alone, with the user's hooks", async () => {
  await using repo = await tempProject({ files: { "a.txt": "1\n", "b.txt": "1\n" } });
  await repo.write({ "a.txt": "staged\n", "b.txt": "changed\n" });
  await repo.git("add", "a.txt");
  await repo.write({ ".git/hooks/pre-commit": "#!/bin/sh\ntouch hook-ran\n" });
  await chmod(join(repo.path, ".git/hooks/pre-commit"), 0o755);
  const added = await chantJson<Added>(repo, ["add", "Committed", "--commit"]);
  expect(added.commit).toBe(await repo.git("rev-parse", "HEAD"));
  expect(await repo.git("show", "--name-only", "--format=%an: %s")).toBe(
    `Test User: Add ${added.id}: Committed\n\n${added.path}`,
  );
  expect(await repo.status()).toBe("M  a.txt\n M b.txt\n?? hook-ran");
});

test("a hook that refuses leaves the spec, the index and the user's edits as they are", async () => {
  await using repo = await tempProject({ files: { "a.txt": "1\n" } });
  await repo.write({
    ".git/hooks/pre-commit": "#!/bin/sh\necho not today >&2\nexit 1\n",
    "a.txt": "staged\n",
  });
  await chmod(join(repo.path, ".git/hooks/pre-commit"), 0o755);
  await repo.git("add", "a.txt");
  const { status, stdout, stderr } = await chant(repo, ["add", "Refused", "--commit"]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("not today");
  expect(stderr).toContain("was added as .chant/specs/");
  expect(await repo.status()).toBe("M  a.txt\n?? .chant/specs/");
});

test("the first commit of a repository can be a spec", async () => {
  await using repo = await tempRepo({}, { commit: false });
  await chantOk(repo, ["init"]);
  await chantOk(repo, ["add", "First", "--commit"]);
  expect(await repo.git("log", "--format=%s")).toMatch(/^Add .*: First$/);
});

test("twenty at once get twenty sequences", async () => {
  await using repo = await tempProject();
  const outs = await Promise.all(Array.from({ length: 20 }, (_, at) => chantOk(repo, ["add", `Spec ${at}`])));
  const sequences = outs.map((out) => out.split("-")[3] ?? "");
  expect(sequences.toSorted()).toEqual(
    Array.from({ length: 20 }, (_, at) => (at + 1).toString(36).padStart(3, "0")).toSorted(),
  );
  expect(await readdir(join(repo.path, ".chant", "specs"))).toHaveLength(20);
});

test("what is wrong is refused, and nothing is written", async () => {
  await using repo = await tempProject({ specs: { "2026-01-01-001-abc": {}, "2026-01-01-002-abd": {} } });
  const said = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await chant(repo, ["add", ...args]);
    expect(stdout).toBe("");
    return `${status}: ${stderr}`;
  };
  expect(await said()).toMatchInlineSnapshot(`
    "2: A spec needs a title.
    hint: For example: chant add "Sort the list"
    "
  `);
  expect(await said("  ")).toMatchInlineSnapshot(`
    "2: A spec needs a title.
    hint: For example: chant add "Sort the list"
    "
  `);
  expect(await said("A", "--depends-on", "ab")).toMatchInlineSnapshot(`
    "1: "ab" matches 2 specs:
      2026-01-01-001-abc
      2026-01-01-002-abd
    hint: Write more of the id, for example 2026-01-01-001-abc.
    "
  `);
  expect(await said("A", "--depends-on", "zzz")).toMatchInlineSnapshot(`
    "1: No spec matches "zzz".
    hint: Run "chant list --all" to see all specs.
    "
  `);
  expect(await said("A", "--type", "cod")).toMatchInlineSnapshot(`
    "2: Expected "cod" to be one of (code|task|driver|group|documentation|research|conflict), did you mean "code"?
    hint: See what it takes: chant add --help
    "
  `);
  expect(await said("A", "--lable", "x")).toMatchInlineSnapshot(`
    "2: No flag registered for --lable, did you mean --label?
    hint: See what it takes: chant add --help
    "
  `);
  expect(await said("A", "--label=")).toMatchInlineSnapshot(`
    "2: --label= has no value.
    hint: Leave the flag out, or give it one.
    "
  `);
  expect(await said("A", "--priority", "high")).toMatchInlineSnapshot(`
    "2: Failed to parse "high" for priority: it must be a whole number.
    hint: See what it takes: chant add --help
    "
  `);
  expect(await said("A", "--body-file", "none.md")).toMatchInlineSnapshot(`
    "2: none.md is not there.
    hint: Name a file with the text, or - for standard input. Nothing was written.
    "
  `);
  expect(await said("A", "--body-file", ".chant")).toContain("2: .chant is a folder.\nhint: ");
  expect(await said("A", "--criterion", " ")).toMatchInlineSnapshot(`
    "2: A criterion needs words.
    hint: Leave --criterion out, or say it. Nothing was written.
    "
  `);
  expect(await said("A", "--agent", "none")).toContain("Known now: test, script.");
  expect(await said("A", "--prompt", "none")).toContain("There is no prompt");
  expect(await readdir(join(repo.path, ".chant", "specs"))).toHaveLength(2);
});

test("before init it says what to do", async () => {
  await using repo = await tempRepo();
  const { status, stderr } = await chant(repo, ["add", "Too early"]);
  expect({ status, stderr: stderr.replace(repo.path, "HERE") }).toMatchInlineSnapshot(`
    {
      "status": 1,
      "stderr": "HERE has no .chant folder yet.
    hint: Set chant up here with: chant init
    ",
    }
  `);
  expect(await repo.status()).toBe("");
});

test("a title may hold anything that a line may hold", async () => {
  await using repo = await tempProject();
  await chantOk(repo, ["add", "--", "--not a flag: 'quotes' \"and\" #hash [x] 世界"]);
  expect(await chantOk(repo, ["list"])).toContain("--not a flag: 'quotes' \"and\" #hash [x] 世界");
});
