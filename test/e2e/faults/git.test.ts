import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { type Fault, FAULTS, faultyGit } from "../../kit/faulty-git.ts";
import { triesOf } from "../../kit/tries.ts";
import { numberOf, randomFrom } from "../../kit/random.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

/** Spoils one call of git in the whole way of a spec: each call in each way with FAULTS=all, otherwise some of them. */
const IS_ALL = process.env["FAULTS"] === "all";
const SEED = numberOf("FAULTS_SEED", 1);
const SAMPLE = 5;
/** How many calls the way has at most: what lies behind the last one is not met, and is no test. */
const CALLS = 34;
/** A git that hangs is ended after this long, in milliseconds. */
const HANG_MS = 1_000;

const A = "2026-01-01-001-abc";

/** Ignored files for a snapshot, and a commit of the user's in the same file, so that git has to merge. */
const SCRIPT = `sed -i 1s/.*/agent/ shared.txt
echo kept >ignored.tmp
sed -i 8s/.*/user/ "$CHANT_HOME/shared.txt"
git -C "$CHANT_HOME" commit --quiet --only shared.txt -m "The user's"
${goodScript("one.txt")}`;

const project = (): Promise<TempRepo> =>
  tempProject({
    files: { "shared.txt": "1\n2\n3\n4\n5\n6\n7\n8\n", ".gitignore": "*.tmp\n" },
    specs: { [A]: { title: "One", script: SCRIPT } },
  });

const every = Array.from({ length: CALLS }, (_, at) =>
  FAULTS.map((fault): readonly [number, Fault] => [at + 1, fault]),
).flat();

function sample(): readonly (readonly [number, Fault])[] {
  const random = randomFrom(SEED);
  const left = [...every];
  return Array.from({ length: SAMPLE }, () => left.splice(random.below(left.length), 1)).flat();
}

const tries = triesOf("git that fails, is killed or hangs at one of its calls");
const isHere = process.env["CHANT_UNDER_TEST"] === "exe";

test.runIf(isHere).each(IS_ALL ? every : sample())(
  `call %i of git, %s, then work again: the same end as without (seed ${SEED})`,
  async (at, fault) => {
    await using repo = await project();
    const git = await faultyGit(repo, at, fault);
    const env = { ...git.env, CHANT_GIT_LIMIT_MS: String(HANG_MS) };
    const first = await chant(repo, ["work"], { env });
    if (!git.wasMet()) return;
    const cameThrough = tries.begin();
    // It bears the fault, or says what failed and what to do.
    expect([0, 1, 75]).toContain(first.status);
    if (first.status === 1) expect(first.stderr).toMatch(/git [^]*\nhint: ./);
    if (first.status === 75) expect(first.stdout).toMatch(/waiting to land:\n.*: ./);
    expect(first.stderr).not.toContain("internal error");

    const again = await chant(repo, ["work"]);
    expect({ status: again.status, said: again.status === 0 ? "" : again.stdout + again.stderr }).toEqual({
      status: 0,
      said: "",
    });
    await expectNoTraces(repo);
    expect(await statusOn(repo, A)).toBe("completed");
    expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
    expect(await repo.read("shared.txt")).toBe("agent\n2\n3\n4\n5\n6\n7\nuser\n");
    const [kept = ""] = (await repo.git("for-each-ref", "--format=%(refname)", "refs/chant/snapshots")).split(
      "\n",
    );
    expect(await repo.git("show", `${kept}:ignored.tmp`)).toBe("kept");
    cameThrough();
  },
);

test.runIf(isHere)("the way has no more calls than are tried", async () => {
  await using repo = await project();
  const git = await faultyGit(repo, 0, "error");
  expect((await chant(repo, ["work"], { env: git.env })).status).toBe(0);
  const { length } = await git.calls();
  expect(length).toBeLessThanOrEqual(CALLS);
  expect(length).toBeGreaterThan(CALLS / 2);
});

test.runIf(isHere)(
  "a watch goes on while every landing meets a git that fails, and lands once that is over",
  async () => {
    await using repo = await project();
    const broken = join(repo.root, "broken");
    await writeFile(broken, "");
    await mkdir(join(repo.root, "bin"));
    const landing = '*" --cacheinfo "*|*" merge-tree "*|*" read-tree -m "*';
    const wrapper = `#!/bin/sh
case " $* " in ${landing}) [ -e "${broken}" ] && [ -z "$CHANT_RUN_TOKEN" ] && { echo "fatal: no more memory" >&2; exit 128; } ;; esac
PATH=\${PATH#*:} exec git "$@"
`;
    await writeFile(join(repo.root, "bin", "git"), wrapper, { mode: 0o755 });
    await chantOk(repo, ["work", "--no-wait"]);
    const env = { PATH: `${join(repo.root, "bin")}:${repo.env["PATH"] ?? ""}` };
    const watch = startChant(repo, ["watch"], { env });
    await watch.printed((out, err) => (out + err).includes("no more memory"));
    await rm(broken);
    await watch.printed((out, err) => (out + err).includes("merged to main"));
    watch.kill("SIGTERM");
    expect((await watch.ended).status).toBe(143);
    await expectNoTraces(repo);
    expect(Object.fromEntries(await landings(repo))).toEqual({ [A]: 1 });
  },
);
