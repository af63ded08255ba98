import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chantInProcess } from "../kit/in-process.ts";
import { specText, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";
const front = "tracks:\n  - src/**/*.ts\n  - README.md\n  - lost.md\n";

const project = (): Promise<TempRepo> =>
  tempProject({
    files: {
      "README.md": "# A project\n",
      "src/a.ts": "export const a = 1;\n",
      "src/deep/b.ts": Array.from({ length: 30 }, (_, at) => `line ${at}\n`).join(""),
      "src/c.ts": "c\n",
      "data/x.csv": "1,2\n",
    },
    specs: {
      [A]: { title: "Describe the parser", type: "documentation", front },
      [B]: { title: "Study", type: "research", front: `informed_by: [${A}, data]\norigin: data/x.csv\n` },
      [C]: { title: "Code" },
    },
  });

const imported = (commits: string): string =>
  specText({
    title: "Imported",
    status: "completed",
    front: `tracks: [src/a.ts]\ncommits: [${commits}]\n`,
  });

/** As a landing does: in one commit the spec becomes completed. */
async function complete(repo: TempRepo, id: string, more = ""): Promise<string> {
  const path = `.chant/specs/${id}.md`;
  const text = (await repo.read(path)).replace("status: pending", `status: completed${more}`);
  await repo.write({ [path]: text });
  return repo.commitAll(`Complete ${id}`);
}

test("drift tells by content what was modified, deleted, renamed or came since the completion, and nothing else", async () => {
  await using repo = await project();
  await repo.write({ "src/a.ts": "export const a = 0;\n" });
  await repo.commitAll("Before");
  const then = await complete(repo, A);
  await complete(repo, B);
  // Later times, a commit that changes nothing of it, and what is not committed.
  await utimes(join(repo.path, "src/a.ts"), 1, 1);
  await repo.write({
    "other.txt": "x\n",
    [`.chant/specs/${C}.md`]: specText({ title: "Code", status: "failed" }),
  });
  await repo.commitAll("Other");
  await repo.write({ "README.md": "edited\n" });
  const calm = await chantInProcess(repo, ["drift"]);
  expect(calm).toEqual({
    status: 0,
    stdout: "",
    stderr: `${A}: there is no file lost.md, and there was none.\nNothing changed on main that 2 completed specs are about.\n`,
  });
  await repo.git("checkout", "-q", "README.md");
  await repo.git("mv", "src/deep/b.ts", "src/deep/moved.ts");
  await repo.write({ "src/deep/moved.ts": `${await repo.read("src/deep/moved.ts")}one more\n` });
  await repo.git("rm", "-q", "src/c.ts");
  await repo.write({ "src/a.ts": "export const a = 2;\n", "src/new.ts": "new\n", "src/no.md": "no\n" });
  await repo.commitAll("Changes");
  const drifted = await chantInProcess(repo, ["drift", A]);
  expect(drifted.status).toBe(1);
  expect(drifted.stdout).toBe(`${A}  Describe the parser (completed by ${then.slice(0, 12)})
  modified  src/a.ts                            tracks
  deleted   src/c.ts                            tracks
  renamed   src/deep/b.ts -> src/deep/moved.ts  tracks
  added     src/new.ts                          tracks
`);
  expect(drifted.stderr).toContain("1 of 1 completed spec drifted on main.\nhint: ");
  // It is as it was again: that is no drift.
  await repo.git("revert", "--no-edit", "HEAD");
  expect(await chantInProcess(repo, ["drift"])).toMatchObject({ status: 0, stdout: "" });
});

test("a spec as a source drifts with its words and not with its status; the answer is there as JSON", async () => {
  await using repo = await project();
  const then = await complete(repo, B);
  await complete(repo, A);
  expect(await chantInProcess(repo, ["drift", B])).toMatchObject({ status: 0 });
  const path = `.chant/specs/${A}.md`;
  await repo.write({
    [path]: `${await repo.read(path)}\nAnd more.\n`,
    "data/x.csv": "3,4\n",
    "data/y.csv": "5\n",
  });
  const commit = await repo.commitAll("More");
  const { status, stdout } = await chantInProcess(repo, ["drift", B, "--json"]);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    version: 1,
    data: {
      target: "main",
      commit,
      specs: [
        {
          id: B,
          title: "Study",
          type: "research",
          completedBy: then,
          drift: [
            { key: "informed_by", path, kind: "modified" },
            { key: "informed_by", path: "data/x.csv", kind: "modified" },
            { key: "informed_by", path: "data/y.csv", kind: "added" },
          ],
          unknown: [],
        },
      ],
    },
  });
});

test("the last completion counts; without one in history, the last of the spec's own commits does", async () => {
  await using repo = await project();
  await complete(repo, A);
  await repo.write({ "src/a.ts": "changed\n" });
  await repo.commitAll("Change");
  expect(await chantInProcess(repo, ["drift"])).toMatchObject({ status: 1 });
  const path = `.chant/specs/${A}.md`;
  await repo.write({ [path]: (await repo.read(path)).replace("status: completed", "status: pending") });
  await repo.commitAll("Reset");
  await complete(repo, A);
  expect(await chantInProcess(repo, ["drift"])).toMatchObject({ status: 0 });
  // Imported as it is: no commit made it completed.
  const id = "2026-01-01-009-iii";
  const at = await repo.git("rev-parse", "HEAD~3");
  await repo.write({ [`.chant/specs/${id}.md`]: imported(at) });
  await repo.commitAll("Import");
  const [known] = [await chantInProcess(repo, ["drift", id])];
  expect(known).toMatchObject({ status: 1, stdout: expect.stringContaining(at.slice(0, 12)) as string });
  await repo.write({ [`.chant/specs/${id}.md`]: imported("0".repeat(40)) });
  await repo.commitAll("Import again");
  expect(await chantInProcess(repo, ["drift", id])).toMatchObject({
    status: 0,
    stderr: expect.stringContaining(`${id}: no commit tells when it was completed.`) as string,
  });
});

test("what cannot be compared is refused by name", async () => {
  await using repo = await project();
  await complete(repo, C);
  expect((await chantInProcess(repo, ["drift"])).stderr).toBe(
    "No completed spec names files that it is about.\n",
  );
  for (const [id, message] of [
    [A, `${A} is pending on main: only completed specs can drift.`],
    [C, `${C} names no files that it is about.`],
    ["../x", "spec"],
  ] as const) {
    const said = await chantInProcess(repo, ["drift", id]);
    expect(said).toMatchObject({ status: 1, stdout: "" });
    expect(said.stderr).toContain(message);
  }
});
