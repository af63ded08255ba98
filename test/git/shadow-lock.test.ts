import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentOf } from "../../src/git/facts.ts";
import { findRepository } from "../../src/git/repository.ts";
import { makeShadow } from "../../src/git/shadow.ts";
import { tempRepo } from "../kit/temp-repo.ts";

test.skipIf(process.platform !== "linux")(
  "the lock of a git that is gone is no obstacle; one that works is waited for",
  async () => {
    await using repo = await tempRepo({ "a.txt": "1\n" });
    const repository = await findRepository(repo.path);
    const settings = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };
    const shadow = await makeShadow(repository, join(repo.root, "shadow"), settings);
    const lock = join(shadow.gitDir, "index.lock");
    await writeFile(lock, "");
    expect(await contentOf(repository, shadow, repo.path)).toMatchObject({ kind: "tree" });
    expect(existsSync(lock)).toBe(false);

    await writeFile(lock, "");
    const git = spawn("sh", ["-c", "read line"], { env: { ...process.env, GIT_DIR: shadow.gitDir } });
    const looking = contentOf(repository, shadow, repo.path);
    const first = await Promise.race([
      looking.then(() => "done"),
      new Promise((resolve) => {
        setTimeout(resolve, 200, "waiting");
      }),
    ]);
    expect([first, existsSync(lock)]).toEqual(["waiting", true]);
    git.kill();
    expect(await looking).toMatchObject({ kind: "tree" });
  },
);

test("a shadow that is made again as it was is not written: another git may be reading it", async () => {
  await using repo = await tempRepo({ "a.txt": "1\n" });
  const repository = await findRepository(repo.path);
  const settings = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };
  const folder = join(repo.root, "shadow");
  const stamps = async (): Promise<readonly number[]> =>
    Promise.all(["config", "HEAD"].map(async (name) => (await stat(join(folder, name))).mtimeMs));
  await makeShadow(repository, folder, settings);
  for (const name of ["config", "HEAD"]) await utimes(join(folder, name), 1, 1);
  await makeShadow(repository, folder, settings);
  expect(await stamps()).toEqual([1_000, 1_000]);
  await makeShadow(repository, folder, { ...settings, values: new Map([["core.eol", ["lf"]]]) });
  expect(await stamps()).toEqual([expect.closeTo(Date.now(), -6), 1_000]);
});
