import { appendFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanUp } from "../../src/app/engine/clean.ts";
import type { LaunchEnd } from "../../src/app/engine/launch.ts";
import { assess } from "../../src/app/runner/assess.ts";
import type { ChantEvent } from "../../src/domain/event.ts";
import { A, launchOf, type Scene, withRun } from "../kit/run-scene.ts";
import { specText } from "../kit/spec.ts";

const judged = ({ engine, record, shadow }: Scene, more: object): Promise<LaunchEnd> =>
  assess(
    { ...launchOf(engine, record), ...more },
    shadow,
    { stashes: [], atMs: 0 },
    { kind: "exited", code: 0 },
  );

const MOVED =
  "the agent changed the submodule lib; name it in the spec's target_files to allow that, or check that its commits are published and finalize with --force";

/** Commits a spec, and a submodule with one commit, and returns that as what the run begins with. */
async function withSubmodule({ record, there }: Scene, front: string): Promise<string> {
  await there("init", "--quiet", "lib");
  await there("-C", "lib", "commit", "--quiet", "--allow-empty", "--message=One");
  await appendFile(join(record.worktree, ".gitmodules"), '[submodule "lib"]\n\tpath = lib\n\turl = ./lib\n');
  const text = specText({ status: "in_progress", front }).replace("- [ ]", "- [x]");
  await writeFile(join(record.worktree, `.chant/specs/${A}.md`), text);
  await there("add", "--all");
  await there("commit", "--quiet", "--message=Base");
  return there("rev-parse", "HEAD");
}

test("a submodule that was moved waits for a person, whose word lets it land; its repository is not removed", async () => {
  const warned: string[] = [];
  const onEvent = (event: ChantEvent): void => {
    if (event.kind === "warning") warned.push(event.message);
  };
  await withRun(
    async (scene) => {
      const { engine, record, there, repo } = scene;
      const base = await withSubmodule(scene, "");
      expect((await judged(scene, { base })).verdict).toMatchObject({ kind: "failed" });
      await there("-C", "lib", "commit", "--quiet", "--allow-empty", "--message=Two");
      expect((await judged(scene, { base })).verdict).toEqual({ kind: "attention", reason: MOVED });
      const forced = await judged(scene, { base, judgeOnly: { forcedBy: "A person" } });
      expect(forced.verdict).toMatchObject({ kind: "done" });
      expect(await there("rev-parse", `${forced.tip}:lib`)).toBe(
        await there("-C", "lib", "rev-parse", "HEAD"),
      );

      await cleanUp(engine, { ...record, base, phase: "landing", tip: forced.tip });
      expect(warned.join("\n")).toContain(
        `${record.worktree} is left, with its branch: commits of the submodule lib`,
      );
      expect((await stat(join(record.worktree, "lib/.git"))).isDirectory()).toBe(true);
      expect(await repo.branches()).toContain(`chant/${A}`);
    },
    { onEvent },
  );
});

test("a submodule that the spec names may change, and one that .gitmodules has is no stray repository", () =>
  withRun(async (scene) => {
    const { there, record } = scene;
    const added = await withSubmodule(scene, "target_files: [lib]\n");
    expect((await judged(scene, {})).verdict).toEqual({ kind: "attention", reason: MOVED });
    await there("-C", "lib", "commit", "--quiet", "--allow-empty", "--message=Two");
    expect((await judged(scene, { base: added })).verdict).toMatchObject({ kind: "done" });
    await writeFile(join(record.worktree, ".gitmodules"), "");
    expect((await judged(scene, {})).verdict).toMatchObject({
      kind: "attention",
      reason:
        "the agent made a repository inside the worktree (lib), whose commits would be lost; move it out or remove its .git",
    });
  }));
