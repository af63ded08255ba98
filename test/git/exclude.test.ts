import { lstat, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { excludeStatusFile } from "../../src/git/exclude.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempRepo } from "../kit/temp-repo.ts";

test("the user's own excludes stay as they are, byte for byte and behind their link", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const repository = await findRepository(repo.path);
  const [path, shared] = [join(repo.path, ".git/info/exclude"), join(repo.root, "shared")];
  const own = Buffer.from("caf\xe9/\n# no end", "latin1");
  await writeFile(shared, own);
  await rm(path, { force: true });
  await symlink(shared, path);
  expect(await excludeStatusFile(repository)).toBe(true);
  expect(await excludeStatusFile(repository)).toBe(false);
  expect((await lstat(path)).isSymbolicLink()).toBe(true);
  const lines = Buffer.from("\n.chant-status.json\n.chant-status.json.tmp\n");
  expect(await readFile(shared)).toEqual(Buffer.concat([own, lines]));
  expect(await repo.git("check-ignore", ".chant-status.json")).toBe(".chant-status.json");
});
