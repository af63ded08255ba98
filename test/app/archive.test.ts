import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { archive, restoreArchived } from "../../src/app/archive.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { type SpecDraft, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const A = "2026-01-01-001-aaa";
const DONE: SpecDraft = { status: "completed", front: "completed_at: 2026-01-10T00:00:00Z\n" };
const specs = { [A]: DONE, [`${A}.1`]: DONE, [`${A}.2`]: { status: "cancelled" } };
const quiet = (): void => {};

async function archived(repo: TempRepo): Promise<Workspace> {
  const workspace = await openWorkspace(repo.path, {});
  await archive(workspace, { ids: [A], isDryRun: false }, quiet);
  return workspace;
}

test.each(["", ".chant/archive/\n"])(
  "what is restored is as it was, with its group (ignored by git: %j)",
  async (ignored) => {
    await using repo = await tempProject({ specs, files: { ".gitignore": ignored } });
    const before = await repo.git("rev-parse", "HEAD:.chant/specs");
    const workspace = await archived(repo);
    expect(await repo.git("ls-files", ".chant/specs")).toBe("");
    expect(await restoreArchived(workspace, `${A}.1`, false, quiet)).toEqual([A, `${A}.1`, `${A}.2`]);
    expect(await repo.git("rev-parse", "HEAD:.chant/specs")).toBe(before);
    expect(await repo.status()).toBe("");
    expect(repo.has(`.chant/archive/2026/01/${A}.md.gz`)).toBe(false);
    // Archived once more, it finds its own files there, and takes them.
    await archive(workspace, { ids: [A], isDryRun: false }, quiet);
    expect(await repo.git("ls-files", ".chant/specs")).toBe("");
    expect(await repo.status()).toBe("");
  },
);

test("what is archived is not archived again, and that is said", async () => {
  await using repo = await tempProject({ specs });
  const workspace = await archived(repo);
  const tip = await repo.git("rev-parse", "HEAD");
  await expect(archive(workspace, { ids: [A], isDryRun: false }, quiet)).rejects.toMatchObject({
    code: "STATUS_MOVE_REFUSED",
    message: `${A} is in the archive already.`,
  });
  expect(await repo.git("rev-parse", "HEAD")).toBe(tip);
});

test("what cannot be restored is refused, and nothing is changed", async () => {
  await using repo = await tempProject({ specs });
  const workspace = await archived(repo);
  const tip = await repo.git("rev-parse", "HEAD");
  await repo.write({ [`.chant/specs/${A}.md`]: "somebody's own\n" });
  await expect(restoreArchived(workspace, A, false, quiet)).rejects.toMatchObject({ code: "FILE_REFUSED" });
  await rm(join(repo.path, ".chant/specs", `${A}.md`));
  await rm(join(repo.path, ".chant/archive/2026/01", `${A}.2.md.gz`));
  await repo.commitAll("lost one");
  expect(await restoreArchived(workspace, A, false, quiet)).toEqual([A, `${A}.1`]);
  expect(await readdir(join(repo.path, ".chant/specs"))).toEqual([`${A}.1.md`, `${A}.md`]);
  expect(await repo.git("rev-list", "--count", `${tip}..HEAD`)).toBe("2");
});
