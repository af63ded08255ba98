import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../kit/chant.ts";
import { schemaProblems } from "../kit/json-schema.ts";
import { tempProject } from "../kit/spec.ts";

const SPECS = {
  "2026-01-01-001-aaa": { title: "Done", status: "completed", front: "completed_at: 2026-01-03T00:00:00Z\n" },
  "2026-01-02-001-bbb": { title: "=evil()", labels: ["ui"], dependsOn: ["2026-01-01-001-aaa"] },
  "2026-02-01-001-ccc": { title: "Later", type: "task", labels: ["ui", "big"] },
  "2026-02-01-002-ddd": { title: "Broken", front: "depends_on: 7\n" },
};

test("what export prints as JSON is what its schema says", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const schema = JSON.parse(
    await readFile(new URL("../../docs/reference/export.schema.json", import.meta.url), "utf8"),
  ) as object;
  const whole: unknown = JSON.parse(await chantOk(repo, ["export"]));
  expect(schemaProblems(schema, whole)).toEqual([]);
  expect(whole).toMatchObject({ data: [{}, {}, {}, { status: "broken", title: null }] });
  const none: unknown = JSON.parse(await chantOk(repo, ["export", "--label", "nothing"]));
  expect(none).toEqual({ version: 1, data: [] });
  expect(schemaProblems(schema, { version: 1, data: [{ id: 7 }] })).toEqual([
    "$.data[0].id is no string or null",
  ]);
});

test("filters choose by status, type, label and day, fields by their names", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const ids = async (...flags: readonly string[]): Promise<string> =>
    (await chantOk(repo, ["export", "--format", "csv", "--fields", "id", ...flags]))
      .trim()
      .split("\r\n")
      .slice(1)
      .join(" ");
  expect(await ids("--status", "completed")).toBe("2026-01-01-001-aaa");
  expect(await ids("--label", "ui")).toBe("2026-01-02-001-bbb 2026-02-01-001-ccc");
  expect(await ids("--label", "ui", "--type", "task")).toBe("2026-02-01-001-ccc");
  expect(await ids("--from", "2026-01-02", "--to", "2026-01-31")).toBe("2026-01-02-001-bbb");
});

test("a file is written whole, and what was there stays when it cannot be", async () => {
  await using repo = await tempProject({ specs: SPECS });
  await chantOk(repo, ["export", "--format", "csv", "--fields", "id,title", "-o", "../out.csv"]);
  expect(await readFile(join(repo.root, "out.csv"), "utf8")).toBe(
    "id,title\r\n2026-01-01-001-aaa,Done\r\n2026-01-02-001-bbb,'=evil()\r\n2026-02-01-001-ccc,Later\r\n2026-02-01-002-ddd,\r\n",
  );
  await mkdir(join(repo.root, "folder"));
  await writeFile(join(repo.root, "folder", "kept"), "x");
  for (const [path, words] of [
    ["../folder", "it is a folder"],
    ["../nowhere/out.csv", "its folder is not there"],
    [".chant/specs/2026-01-01-001-aaa.md", "inside .chant"],
  ] as const) {
    const refused = await chant(repo, ["export", "-o", path]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(words);
    expect(refused.stderr).toContain("Nothing was written.");
  }
  expect(await repo.status()).toBe("");
});

test.each([
  [["--from", "yesterday"], "--from takes a day such as"],
  [["--to", "2026-02-30"], "--to takes a day such as"],
  [["--fields", "id,statos"], "Did you mean: status?"],
  [["--format", "xml"], "json"],
] as const)("%j is misuse", async (flags, words) => {
  await using repo = await tempProject({ specs: {} });
  const { status, stderr, stdout } = await chant(repo, ["export", ...flags]);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(words);
});
