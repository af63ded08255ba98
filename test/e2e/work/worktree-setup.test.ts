import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { tempProject } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";

const script = (name: string): string =>
  `cat made.txt >${name}.txt; echo "$CHANT_PORT_1 $CHANT_PORT_2" >>${name}.txt; chant tick --all`;

test("a worktree is set up once a person let it, has ports of its own, and is taken down", async () => {
  await using repo = await tempProject({
    worktree: `setup: ["echo made >made.txt", "mkdir -p gen && date >gen/one"], teardown: ['echo "$CHANT_SPEC_ID $CHANT_PORT_1" >>"$CHANT_HOME/../down"'], ports: 2`,
    specs: { [A]: { script: script("a") }, [B]: { script: script("b") } },
  });
  const untrusted = await chant(repo, ["work", "--parallel=2"]);
  expect(untrusted.status).toBe(1);
  expect(untrusted.stdout).toContain(
    'nobody has let the set-up of its worktree "echo made >made.txt" run here yet',
  );
  expect(await chantOk(repo, ["trust", "commands", "--yes"])).toContain(
    "worktree.teardown, before a worktree",
  );
  await chantOk(repo, ["work", "--parallel=2"]);
  await expectNoTraces(repo);
  const [a, b] = await Promise.all(["a.txt", "b.txt"].map((file) => repo.read(file)));
  const ports = [a, b].flatMap((text = "") => (text.split("\n")[1] ?? "").split(" ")).map(Number);
  expect(ports.every((port) => port >= 20_000 && port < 30_000)).toBe(true);
  expect(new Set(ports).size).toBe(4);
  // What the set-up made is no part of the work, though nothing ignores it.
  expect(await repo.git("ls-tree", "-r", "--name-only", "main")).not.toMatch(/made|gen/);
  const down = (await repo.read("../down")).trim().split("\n").toSorted();
  expect(down).toEqual([`${A} ${ports[0]}`, `${B} ${ports[2]}`]);
  expect(JSON.parse(await repo.read("../.state/chant/ports.json"))).toEqual({ version: 1, leases: [] });
});

test("a set-up that fails is the reason, what is in the worktree stays, and resume does it again", async () => {
  await using repo = await tempProject({
    worktree: `setup: ['test -e "$CHANT_HOME/../ready" || { echo "no database here" >&2; exit 3; }', "echo made >made.txt"]`,
    specs: { [A]: { script: script("a") } },
  });
  const { status, stderr } = await chant(repo, ["work", "--yes", A]);
  expect(status).toBe(1);
  expect(stderr).toContain("exited with code 3: no database here");
  expect(await statusOn(repo, A)).toBe("failed");
  const worktree = join(repo.worktrees, `chant-${A}`);
  // Opened in an editor, which leaves a file there.
  const env = { EDITOR: `cd "$1" && echo "of a person" >mine.txt; test "$PWD" =` };
  await chantOk(repo, ["worktree", "open", A], { env });
  expect(await chantOk(repo, ["worktree", "list"])).toBe(`${A}  parked  ${worktree}\n`);
  expect(await chantOk(repo, ["worktree", "path", "abc"])).toBe(`${worktree}\n`);
  expect(await chantOk(repo, ["worktree", "status", A])).toBe(
    `${A}  parked, test, attempt 1\n  ${worktree}\n  chant/${A}, for main: 0 commits, 1 path not committed\n    mine.txt\n`,
  );
  await writeFile(join(repo.root, "ready"), "");
  await chantOk(repo, ["resume", A, "--work"]);
  await expectNoTraces(repo);
  expect(await repo.read("mine.txt")).toBe("of a person\n");
  expect(await repo.read("a.txt")).toContain("made\n");
  const none = await chant(repo, ["worktree", "path", A]);
  expect({ ...none, stderr: none.stderr.split("\n")[0] }).toMatchObject({
    status: 1,
    stdout: "",
    stderr: `${A} has no worktree.`,
  });
  expect((await chant(repo, ["worktree", "open"])).status).toBe(2);
});

test("a set-up that is paused, or whose runner is killed, leaves no process, and is done again", async () => {
  await using repo = await tempProject({
    worktree: `setup: ['echo x >>"$CHANT_HOME/../begun"; test -e "$CHANT_HOME/../go" || sleep 600', "echo made >made.txt"]`,
    specs: { [A]: { script: script("a") } },
  });
  const begun = (times: number): Promise<true> =>
    eventually(`set up ${times} times`, [repo.root], async () =>
      repo.has("../begun") && (await repo.read("../begun")).length === 2 * times ? true : undefined,
    );
  const work = startChant(repo, ["work", "--yes", A]);
  await begun(1);
  await chantOk(repo, ["pause", A]);
  await work.ended;
  expect(repo.processes()).toEqual([]);
  expect(await statusOn(repo, A)).toBe("paused");

  const resumed = startChant(repo, ["resume", A, "--work"]);
  await begun(2);
  const runner = repo.processes().find(({ command }) => command.includes("__runner"));
  process.kill(runner?.pid ?? 0, "SIGKILL");
  // The next runner ends what is left of it, and begins anew.
  await writeFile(join(repo.root, "go"), "");
  expect((await resumed.ended).status).toBe(0);
  await expectNoTraces(repo);
  expect(await repo.read("../begun")).toBe("x\nx\nx\n");
  expect(await repo.read("a.txt")).toContain("made\n");
});
