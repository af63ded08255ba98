import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, isNodeUnderTest } from "../../kit/chant.ts";
import { EFFECTS_OF_WORK, SIDES } from "../../kit/effects.ts";
import { type SpecDraft, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";
import { triesOf } from "../../kit/tries.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";
/** An agent as it should be: started again in a half-done worktree it does what is left. */
const script = (name: string): string =>
  `echo done >${name}.txt\nchant tick --all\ngit add -A\ngit diff --cached --quiet || git commit -q -m "Add ${name}"`;
const specs: Record<string, SpecDraft> = {
  [A]: { title: "A", script: script("a") },
  [B]: { title: "B", script: script("b"), dependsOn: [A] },
};

async function expectTheSameEnd(repo: TempRepo): Promise<void> {
  await expectNoTraces(repo);
  expect(await repo.read("a.txt")).toBe("done\n");
  expect(await repo.read("b.txt")).toBe("done\n");
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await statusOn(repo, B)).toBe("completed");
  expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1, [B]: 1 });
}

const tries = triesOf("kill -9 before or after an effect of work");

for (const [at, name] of EFFECTS_OF_WORK.entries()) {
  // The effects and what recovers from them are the same code in both builds: on Node one side of each is enough.
  for (const side of isNodeUnderTest ? SIDES.slice(at % 2).slice(0, 1) : SIDES) {
    test(`kill -9 ${side} ${name}, then work again: the same end as without`, async () => {
      await using repo = await tempProject({ specs, worktree: "ports: 1" });
      const once = join(repo.root, "once");
      await writeFile(once, "");
      const env = { CHANT_FAIL: `${name}:${side}`, CHANT_FAIL_ONCE: once };
      await chant(repo, ["work", "--parallel=2"], { env });
      expect(repo.has("../once"), "the effect was met").toBe(false);
      const cameThrough = tries.begin();
      const again = await chant(repo, ["work", "--parallel=2"]);
      expect({ status: again.status, stderr: again.status === 0 ? "" : again.stderr }).toEqual({
        status: 0,
        stderr: "",
      });
      await expectTheSameEnd(repo);
      // Once more changes nothing.
      const tip = await repo.git("rev-parse", "main");
      await chant(repo, ["work"]);
      expect(await repo.git("rev-parse", "main")).toBe(tip);
      cameThrough();
    });
  }
}
