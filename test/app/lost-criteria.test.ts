import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LaunchEnd } from "../../src/app/engine/launch.ts";
import { assess } from "../../src/app/runner/assess.ts";
import { A, launchOf, type Scene, withRun } from "../kit/run-scene.ts";
import { type SpecDraft, specText } from "../kit/spec.ts";

const SPEC = `.chant/specs/${A}.md`;
const text = (draft: SpecDraft): string => specText({ status: "in_progress", ...draft });
const ticked = (draft: SpecDraft): string => text(draft).replaceAll("- [ ]", "- [x]");

const judged = ({ engine, record, shadow }: Scene, more: object = {}): Promise<LaunchEnd> =>
  assess(
    { ...launchOf(engine, record), ...more },
    shadow,
    { stashes: [], atMs: 0 },
    { kind: "exited", code: 0 },
  );

test("a criterion that the agent took out or reworded is asked for still, until a person takes it out or says that it is to land", () =>
  withRun(async (scene) => {
    const { repo, record } = scene;
    expect((await judged(scene)).verdict).toMatchObject({ kind: "done" });
    for (const criteria of [[], ["It nearly works"]]) {
      await writeFile(join(record.worktree, SPEC), ticked({ criteria }));
      expect((await judged(scene)).verdict).toEqual({
        kind: "failed",
        reason:
          'a criterion was taken out of the spec, or reads otherwise there than when the run began: "It works"',
      });
    }
    const judgeOnly = { forcedBy: "A person" };
    expect((await judged(scene, { judgeOnly })).verdict).toMatchObject({ kind: "done" });
    await writeFile(join(repo.path, SPEC), text({ criteria: ["It works at noon"] }));
    await repo.commitAll("Ask for something else");
    expect((await judged(scene)).verdict).toMatchObject({ kind: "done" });
  }));

test("what a silent run began with stands in its launch, and what is asked for now on the disk", () =>
  withRun(async (scene) => {
    const { repo, record } = scene;
    const spec = text({});
    await writeFile(join(record.worktree, SPEC), ticked({ criteria: ["It nearly works"] }));
    expect((await judged(scene, { spec })).verdict).toMatchObject({ kind: "failed" });
    await repo.write({ [SPEC]: text({ criteria: ["It nearly works"] }) });
    expect((await judged(scene, { spec })).verdict).toMatchObject({ kind: "done" });
  }));
