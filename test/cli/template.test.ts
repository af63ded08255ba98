import { join } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, expect, test, vi } from "vitest";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const BUG = `---
description: A bug, and how to see it
variables:
  - name: component
    description: Which part it is about
    required: true
  - name: severity
    default: low
labels: [bug, "{{component}}"]
---

# Bug in {{component}}: {{title}}

It is {{severity}}.

## Acceptance Criteria

- [ ] A test shows that it is gone
`;

afterEach(() => vi.unstubAllEnvs());

async function project(): Promise<TempRepo> {
  return tempProject({ files: { ".chant/templates/bug.md": BUG }, specs: { "2026-01-01-001-aaa": {} } });
}

async function addedText(repo: TempRepo, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await chantInProcess(repo, ["add", ...args]);
  if (status !== 0) throw new Error(stderr);
  return repo.read(stdout.trim().split("  ")[1] ?? "");
}

test("add makes a spec of a template, and what else it is told comes on top", async () => {
  await using repo = await project();
  const args = ["Login fails", "--template", "bug", "--var", "component=auth=x", "--label", "now"];
  const text = await addedText(repo, [...args, "--depends-on", "aaa", "--criterion", "Two"]);
  expect(text).toContain("- bug\n- auth=x\n- now\n");
  expect(text).toContain("- 2026-01-01-001-aaa\n");
  expect(text).toContain("# Bug in auth=x: Login fails\n\nIt is low.\n");
  expect(text).toContain("- [ ] A test shows that it is gone\n- [ ] Two\n");
  const member = await addedText(repo, ["T", "--template", "bug", "--var", "component=a", "--group", "aaa"]);
  expect(member).toContain("# Bug in a: T");
});

test("what is missing or unknown is refused by name, and nothing is written", async () => {
  await using repo = await project();
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await chantInProcess(repo, ["add", ...args]);
    expect([status !== 0, stdout]).toEqual([true, ""]);
    return stderr;
  };
  const missing = await refused("T", "--template", "bug", "--var", "severity=high");
  expect(missing).toBe(
    'The template "bug" needs --var component=... (Which part it is about).\n' +
      'hint: For example: chant add "What is to be done" --template bug --var component=... --var severity=high. Nothing was written.\n',
  );
  expect(await refused("T", "--template", "bug", "--var", "componet=x")).toContain(
    'Did you mean "component"?',
  );
  expect(await refused("T", "--template", "bgu")).toContain('Did you mean "bug"?');
  expect(await refused("--template", "bug", "--var", "component=x")).toContain("needs a title");
  expect(await refused("T", "--template", "bug", "--var", "component")).toContain("is no NAME=VALUE");
  expect(await refused("T", "--template", "bug", "--body-file", "x")).toContain("does not go with");
  expect(await refused("T", "--var", "a=b")).toContain("--var is for a template");
  await repo.write({ ".chant/templates/odd.md": "---\ntype: sometimes\n---\n# T\n" });
  expect(await refused("--template", "odd")).toContain('"type" is "sometimes"');
  await repo.write({ ".chant/templates/odd.md": "---\nlabels: {a: b}\n---\n# T\n" });
  expect(await refused("--template", "odd")).toContain('"labels" must be a list');
  expect(await repo.status()).toBe("?? .chant/templates/odd.md");
});

test("templates are listed, shown and written; the repository's hold against the user's own", async () => {
  await using repo = await project();
  vi.stubEnv("XDG_CONFIG_HOME", join(repo.root, "config"));
  const own = join(repo.root, "config", "chant", "templates");
  const list = () => chantInProcess(repo, ["template", "list"]);
  expect((await list()).stdout).toBe("bug  component [severity]  A bug, and how to see it\n");
  const show = await chantInProcess(repo, ["template", "show", "bug"]);
  expect(show.stdout).toContain(
    'bug  A bug, and how to see it\n.chant/templates/bug.md\n  component  required       Which part it is about\n  severity   default "low"\n\n---\n',
  );
  expect(show.stderr).toBe('hint: chant add "What is to be done" --template bug --var component=...\n');

  const args = [
    "template",
    "add",
    "chore",
    "--description",
    "Small: things",
    "--var",
    "what",
    "--var",
    'how=a "b"',
  ];
  expect(await chantInProcess(repo, args)).toMatchObject({
    status: 0,
    stdout: "chore  .chant/templates/chore.md\n",
  });
  expect((await list()).stdout).toContain("chore  what [how]            Small: things\n");
  const spec = await addedText(repo, ["T", "--template", "chore", "--var", "what=x"]);
  expect(spec).toContain("# T\n");
  expect((await chantInProcess(repo, args)).stderr).toContain("is there already");
  expect((await chantInProcess(repo, ["template", "add", "../x"])).status).toBe(2);

  await repo.write({ ".chant/templates/torn.md": "---\nname: [\n---\n" });
  const torn = await list();
  expect(torn.status).toBe(1);
  expect(torn.stderr).toMatch(/^\.chant\/templates\/torn\.md:[23]: /);
  expect((await chantInProcess(repo, ["template", "show", "torn"])).stderr).toContain("torn.md:");
  await mkdir(own, { recursive: true });
  await writeFile(join(own, "bug.md"), "# Mine\n");
  await writeFile(join(own, "other.md"), "# Other\n");
  const json = JSON.parse((await chantInProcess(repo, ["template", "list", "--json"])).stdout) as {
    data: { templates: readonly { name: string; source: string }[] };
  };
  expect(json.data.templates.map(({ name, source }) => `${name} ${source}`)).toEqual([
    "bug repository",
    "chore repository",
    "other user",
  ]);
});
