import { expect, test } from "vitest";
import { editSpec } from "../../src/app/edit.ts";
import { writeRecord } from "../../src/app/engine/record.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { makeFolder } from "../../src/host/files.ts";
import { tempProject } from "../kit/spec.ts";
import { recordOf } from "../kit/record.ts";

const A = "2026-01-01-001-aaa";

test("while a spec has a run, edit says first that its agent has a copy of its own", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  const workspace = await openWorkspace(repo.path, {});
  const said: string[] = [];
  const request = {
    partial: "aaa",
    env: { ...repo.env, EDITOR: "true" },
    isTerminal: false,
    warn: (words: string) => said.push(words),
  };
  expect(await editSpec(workspace, request)).toMatchObject({ id: A, isChanged: false });
  expect(said).toEqual([]);
  await makeFolder(workspace.places.records);
  await writeRecord(workspace.places, recordOf(A, { worktree: "/tmp/there" }));
  expect((await editSpec(workspace, request)).lint.findings).toEqual([]);
  expect(said).toEqual([expect.stringContaining("a copy of its own, in /tmp/there") as string]);
});
