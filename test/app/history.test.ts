import { expect, test } from "vitest";
import { activity } from "../../src/app/activity.ts";
import { readHistory } from "../../src/app/history.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { specText, tempProject, writeSpec } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

test("a limit finds the newest happenings behind any number of commits that tell nothing", async () => {
  await using repo = await tempProject({ specs: { [A]: {} } });
  await writeSpec(repo, B);
  await repo.commitAll("another");
  for (let n = 0; n < 12; n += 1) {
    await repo.write({ [`.chant/specs/${A}.md`]: specText({ body: `edit ${n}` }) });
    await repo.commitAll(`edit ${n}`);
  }
  const workspace = await openWorkspace(repo.path, {});
  const told = async (limit: number): Promise<readonly string[]> =>
    (await activity(workspace, { limit })).happenings.map(({ id, kind }) => `${kind} ${id}`);
  expect(await told(1)).toEqual([`added ${B}`]);
  expect(await told(2)).toEqual([`added ${A}`, `added ${B}`]);
  expect(await told(Number.MAX_SAFE_INTEGER)).toEqual([`added ${A}`, `added ${B}`]);
  const few = await readHistory(workspace, { sinceMs: 0, limit: 1 });
  expect(few.happenings.map(({ id }) => id)).toEqual([B]);
});

test("in a repository without a commit, and with a name that git would take for more, nothing has happened", async () => {
  await using repo = await tempProject({ specs: { [A]: {} }, commit: false });
  const workspace = await openWorkspace(repo.path, {});
  expect(await activity(workspace, { limit: 5 })).toEqual({ happenings: [] });
  await repo.write({ ".chant/specs/-n1.md": "x\n", ".chant/specs/:(top)x.md": "x\n" });
  await repo.git("-c", "user.name=Eve\u001b[31m", "commit", "--quiet", "--allow-empty", "-m", "empty");
  await repo.commitAll("odd names");
  expect((await activity(workspace, { limit: 5 })).happenings.map(({ id }) => id)).toEqual([A]);
});
