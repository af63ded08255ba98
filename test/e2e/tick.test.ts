import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";
import { tempFolder } from "../kit/temp-repo.ts";

const A = "2026-01-01-001-aaa";
const FILE = `.chant/specs/${A}.md`;
const SPECS = { [A]: { title: "First", criteria: ["One", "Two", "Three"] } };

test("in home the id comes first: without numbers it lists, with them it ticks", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const before = await repo.read(FILE);
  expect(await chant(repo, ["tick", "aaa"])).toMatchObject({
    status: 0,
    stdout: "1. [ ] One\n2. [ ] Two\n3. [ ] Three\n",
    stderr: "",
  });
  expect(await chant(repo, ["tick", "001", "3", "1"])).toMatchObject({
    status: 0,
    stdout: "",
    stderr: `${A}: ticked 1, 3; 2 of 3 criteria ticked.\n`,
  });
  expect(await repo.read(FILE)).toBe(before.replace("[ ] One", "[x] One").replace("[ ] Three", "[x] Three"));
  const again = await chant(repo, ["tick", "001", "3"]);
  expect(again).toMatchObject({ status: 0, stderr: `${A}: nothing was open; 2 of 3 criteria ticked.\n` });
  expect(await chantJson(repo, ["tick", "aaa", "--all"])).toMatchObject({ id: A, ticked: [2] });
  expect(await repo.read(FILE)).not.toContain("[ ]");
});

test("an agent leaves the id out", async () => {
  await using repo = await tempProject({ specs: SPECS });
  // Nothing but the file is needed: it need not even be in a repository.
  await using folder = await tempFolder();
  const file = join(folder.path, `${A}.md`);
  await writeFile(file, (await repo.read(FILE)).replaceAll("\n", "\r\n"));
  await chmod(file, 0o640);
  const agent = { cwd: folder.path, env: { CHANT_SPEC_FILE: file, CHANT_SPEC_ID: A } };
  expect((await chant(repo, ["tick"], agent)).stdout).toContain("1. [ ] One");
  expect(await chant(repo, ["tick", "1,3"], agent)).toMatchObject({ status: 0 });
  expect(await chant(repo, ["tick", A, "2"], agent)).toMatchObject({ status: 0 });
  expect((await chant(repo, ["tick"], agent)).stdout).toBe("1. [x] One\n2. [x] Two\n3. [x] Three\n");
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await repo.read(FILE)).not.toContain("[x]");
});

test("many that tick at once do not undo each other", async () => {
  const criteria = Array.from({ length: 12 }, (_, at) => `Number ${at + 1}`);
  await using repo = await tempProject({ specs: { [A]: { criteria } } });
  await Promise.all(criteria.map((_, at) => chantOk(repo, ["tick", "aaa", String(at + 1)])));
  expect(await repo.read(FILE)).not.toContain("[ ]");
});

test("what cannot be ticked is refused, and nothing changes", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const before = await repo.read(FILE);
  const said = async (...words: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await chant(repo, ["tick", ...words]);
    expect(stdout).toBe("");
    return `${status}: ${stderr}`;
  };
  expect(await said()).toMatchInlineSnapshot(`
    "2: Which spec? Only inside the worktree of a run can its id be left out.
    hint: For example: chant tick 001 1 2
    "
  `);
  expect(await said("aaa", "4")).toMatchInlineSnapshot(`
    "2: There is no criterion 4: the spec has 3 criteria.
    hint: Criteria are counted from 1, in the order of the file.
    "
  `);
  expect(await said("aaa", "first")).toMatchInlineSnapshot(`
    "2: "first" is not the number of a criterion.
    hint: See the numbers with: chant tick ID
    "
  `);
  expect(await said("aaa", "1", "--all")).toMatchInlineSnapshot(`
    "2: Give either numbers or --all.
    hint: Nothing was ticked.
    "
  `);
  expect(await repo.read(FILE)).toBe(before);
  const gone = { env: { CHANT_SPEC_FILE: join(repo.root, "gone.md"), CHANT_SPEC_ID: A } };
  expect(await chant(repo, ["tick", "1"], gone)).toMatchObject({ status: 1, stdout: "" });
  await mkdir(join(repo.root, "folder.md"));
  const folder = { env: { CHANT_SPEC_FILE: join(repo.root, "folder.md"), CHANT_SPEC_ID: A } };
  expect((await chant(repo, ["tick", "1"], folder)).stderr).toContain("not a regular file");
});
