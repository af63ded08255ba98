import { expect, test } from "vitest";
import { chant, chantJson } from "../kit/chant.ts";
import { specText, tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

test("lint prints findings that an editor can jump to, and ends with 1 on errors alone", async () => {
  await using repo = await tempProject({ specs: { [A]: {}, [B]: { front: "dependson: x\n" } } });
  expect(await chant(repo, ["lint", "aaa"])).toMatchObject({
    status: 0,
    stdout: "",
    stderr: "Nothing is wrong in 1 spec.\n",
  });
  expect(await chant(repo, ["lint"])).toMatchObject({
    status: 0,
    stdout: `.chant/specs/${B}.md:4:1: warning unknown-key: There is no key "dependson".\n  hint: Did you mean "depends_on"?\n`,
    stderr: "1 warning in 2 specs.\n",
  });
  await repo.write({ ".chant/specs/README.md": "", [`.chant/specs/${A}.md`]: "---\nlabels: [a\n---\n" });
  const before = await repo.status();
  const all = await chant(repo, ["lint", "--format", "json"]);
  expect(all).toMatchObject({ status: 1, stderr: "" });
  expect(JSON.parse(all.stdout)).toMatchObject({
    version: 1,
    data: {
      errors: 2,
      warnings: 1,
      specs: 2,
      findings: [
        { rule: "broken-spec", severity: "error", file: `.chant/specs/${A}.md`, specs: [A] },
        { rule: "unknown-key", line: 4, column: 1 },
        { rule: "file-name", file: ".chant/specs/README.md" },
      ],
    },
  });
  expect(await chantJson(repo, ["lint", "bbb"])).toMatchObject({ errors: 0, warnings: 1 });
  expect((await chant(repo, ["lint", "bbb", "aaa"])).status).toBe(1);
  expect(await repo.status()).toBe(before);
});

test("a dependency that has landed and left the folder is known; one on the target's side only as well", async () => {
  await using repo = await tempProject({ specs: { [A]: { status: "completed" }, [B]: { dependsOn: [A] } } });
  await repo.git("rm", "--quiet", "--cached", `.chant/specs/${A}.md`);
  expect((await chant(repo, ["lint", "bbb"])).status).toBe(0);
});

test("edit opens the file in the editor, whose words a shell splits, and lints what was saved", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  const file = `.chant/specs/${A}.md`;
  await repo.write({
    "ed it.sh": `#!/bin/sh\n[ "$1" = "two words" ] && printf '%s' "$3" >>said && cat next >"$2"\n`,
    next: specText({ front: "dependson: x\n" }),
  });
  const edit = (env: NodeJS.ProcessEnv) => chant(repo, ["edit", "aaa"], { env });
  const EDITOR = `sh "${repo.path}/ed it.sh" 'two words'`;
  expect(await edit({ EDITOR })).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("warning unknown-key") as string,
    stderr: `Saved ${A}. 1 warning in 1 spec.\n`,
  });
  expect(await repo.read(file)).toContain("dependson");
  expect(await repo.read("said")).toBe("");
  expect((await edit({ EDITOR })).stderr).toBe(`${A} is as it was. 1 warning in 1 spec.\n`);
  await repo.write({ next: "---\nstatus: done\n---\n" });
  const broken = await edit({ EDITOR });
  expect(broken).toMatchObject({ status: 1, stdout: expect.stringContaining("error broken-spec") as string });
  expect(broken.stderr).toContain(`hint: Mend it: chant edit ${A}\n`);
  expect(await repo.read(file)).toBe("---\nstatus: done\n---\n");
});

test("edit refuses without an editor, and tells of one that fails; the file is as it was", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  const unset = await chant(repo, ["edit", "aaa"]);
  expect(unset).toMatchObject({ status: 1, stdout: "" });
  expect(unset.stderr).toBe(
    `No editor is set.\nhint: Set one, for example: export EDITOR=nano. The file is .chant/specs/${A}.md; nothing was changed.\n`,
  );
  const visual = await chant(repo, ["edit", "aaa"], { env: { VISUAL: "true" } });
  expect(visual.stderr).toContain("no terminal here for the editor in VISUAL");
  const failed = await chant(repo, ["edit", "aaa"], { env: { EDITOR: "no-such-editor" } });
  expect(failed).toMatchObject({ status: 1, stdout: "" });
  expect(failed.stderr).toContain("The editor (no-such-editor) ended with status 127.");
  expect(await repo.status()).toBe("");
});
