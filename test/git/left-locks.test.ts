import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { clearLeftLocks } from "../../src/git/left-locks.ts";
import { withRun } from "../kit/run-scene.ts";

test.skipIf(process.platform !== "linux")(
  "locks that the git of a killed agent has left go; those of somebody who works there stay",
  () =>
    withRun(async ({ engine: { repo }, record }) => {
      const { worktree: path, adminDir, branch } = record;
      const onBranch = join(repo.commonDir, "refs", "heads", `${branch}.lock`);
      const locks = [join(adminDir, "index.lock"), join(adminDir, "HEAD.lock"), onBranch];
      await mkdir(dirname(onBranch), { recursive: true });
      for (const lock of locks) await writeFile(lock, "");
      const left = async (): Promise<readonly boolean[]> => {
        await clearLeftLocks(repo, { path, adminDir }, branch);
        return locks.map((lock) => existsSync(lock));
      };
      const person = spawn("cat", [], { cwd: path, stdio: ["pipe", "ignore", "ignore"] });
      await once(person, "spawn");
      expect(await left()).toEqual([true, true, true]);
      person.stdin.end();
      await once(person, "exit");
      expect(await left()).toEqual([false, false, true]);
      await utimes(onBranch, 1, 1);
      expect(await left()).toEqual([false, false, false]);
    }),
);
