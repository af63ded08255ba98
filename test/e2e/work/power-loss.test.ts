import { chmod, truncate } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";

/** The first time it makes two commits and waits to be killed; the second time it finds what is there, and finishes. */
const CUT_OFF = `if [ ! -e "$CHANT_HOME/../ready" ]; then
  for n in one two; do echo "$n" >$n.txt; git add -A; git commit -q -m $n; done
  echo ready >"$CHANT_HOME/../ready"; while :; do sleep 1; done
fi
[ -e two.txt ] || echo again >two.txt
echo done >a.txt
chant tick --all
git add -A
git commit -q -m "Finish"`;

/** Kills all there is, tears an object as a loss of power does, and makes it look as if the machine was started anew. */
async function losePower(repo: TempRepo, torn: string): Promise<string> {
  for (const { pid } of repo.processes()) process.kill(pid, "SIGKILL");
  await repo.quiet();
  const oid = await repo.git("rev-parse", torn);
  const path = join(repo.path, ".git/objects", oid.slice(0, 2), oid.slice(2));
  await chmod(path, 0o644);
  await truncate(path, 0);
  await repo.write({ ".git/chant/boot": "another boot" });
  const record = `.git/chant/runs/${A}.json`;
  await repo.write({
    [record]: (await repo.read(record)).replace(/"bootId": "[^"]*"/, '"bootId": "another"'),
  });
  return oid;
}

test.each([
  ["the last commit", `chant/${A}`],
  ["its tree", `chant/${A}^{tree}`],
  ["the commit before it", `chant/${A}~1`],
])(
  "%s is torn when the power is lost: its agent goes on from what is whole, and another lands",
  async (_, torn) => {
    const specs = {
      [A]: { title: "A", script: CUT_OFF },
      [B]: { title: "B", script: "echo b >b.txt\nchant tick --all\ngit add -A\ngit commit -q -m b" },
    };
    await using repo = await tempProject({ specs });
    const running = startChant(repo, ["work", A, "--no-watch"]);
    await eventually("the agent is at work", [repo.root], () => repo.has("../ready"));
    running.kill("SIGKILL");
    await running.ended;
    const oid = await losePower(repo, torn);
    const again = await chant(repo, ["work", "--no-watch", "--parallel"]);
    expect({ status: again.status, stderr: again.status === 0 ? "" : again.stderr }).toEqual({
      status: 0,
      stderr: "",
    });
    expect(await statusOn(repo, A)).toBe("completed");
    expect(await statusOn(repo, B)).toBe("completed");
    expect((await landings(repo)).get(A)).toBe(1);
    for (const name of ["one", "two"]) expect(await repo.read(`${name}.txt`)).toBe(`${name}\n`);
    // Nothing damaged has landed, and what was torn is still there to look at.
    expect(await repo.git("fsck", "--no-dangling", "--no-reflogs")).toBe("");
    expect(repo.has(`.git/chant/torn/${oid}`)).toBe(true);
    await expectNoTraces(repo);
  },
);
