import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Engine } from "../../src/app/engine/engine.ts";
import { type RunRecord, writeRecord } from "../../src/app/engine/record.ts";
import { carrierOf, type Session } from "../../src/app/engine/session.ts";
import type { Coordinator } from "../../src/app/engine/coordinator.ts";
import type { SpecId } from "../../src/domain/id.ts";
import { eventually } from "../kit/eventually.ts";
import { ChantError } from "../../src/kit/errors.ts";
import { A, type Scene, withRun } from "../kit/run-scene.ts";

/** The session with some parts of its engine replaced. */
const withParts = (session: Session, parts: Partial<Engine>): Session => ({
  ...session,
  engine: { ...session.engine, ...parts },
});

/** The run of a scene as it was judged done, in the hands of this process. */
async function done({ engine, record, there }: Scene): Promise<RunRecord> {
  const landing: RunRecord = { ...record, phase: "landing", tip: await there("rev-parse", "HEAD") };
  await writeRecord(engine.places, landing);
  return landing;
}

/** Lets a coordinator go on until some specs have landed. */
const landed = (coordinator: Coordinator, ids: readonly SpecId[]): Promise<unknown> =>
  eventually(`${ids.join(", ")} landed`, [], async () => {
    while (await coordinator.round());
    return ids.every((id) => coordinator.landed.includes(id));
  });

test("a landing of which git said that it failed, and which had happened, is not made again", () =>
  withRun(async (scene) => {
    const { repo, session, engine } = scene;
    await done(scene);
    let failures = 0;
    const refs: Pick<Engine["refs"], "swap"> = {
      swap: async (...order) => {
        const result = await engine.refs.swap(...order);
        if (order[0] !== "refs/heads/main" || (failures += 1) > 1) return result;
        throw new ChantError("GIT_FAILED", "git update-ref failed: signal SIGKILL");
      },
    };
    await using watch = carrierOf(withParts(session, { refs: refs as Engine["refs"] }), { isWatch: true });
    await watch.adopt();
    await landed(watch, [A]);
    expect(await repo.git("rev-list", "--count", "--first-parent", `${scene.record.base}..main`)).toBe("1");
  }));

test("a finalize commit of a try that came to nothing, which git has cleared away since, holds nothing back", () =>
  withRun(async (scene) => {
    const { session, engine } = scene;
    await writeRecord(engine.places, { ...(await done(scene)), finalize: "1".repeat(40) });
    await using watch = carrierOf(session, { isWatch: true });
    await watch.adopt();
    await landed(watch, [A]);
  }));
