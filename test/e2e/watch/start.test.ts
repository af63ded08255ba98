import { expect, test } from "vitest";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, type SpecDraft, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const NEVER_IDLE = "watch: { poll_interval_ms: 20, idle_timeout_minutes: 0 }\n";
/** As outside of tests: \`work\` may start a watch. */
const env = { CHANT_NO_WATCH: undefined };
const good = (name: string): SpecDraft => ({ title: name, script: goodScript(`${name}.txt`) });

interface Running {
  readonly pid: number;
  readonly version: string;
}

/** Waits until the watch has told who it is. */
const watchOf = (repo: TempRepo): Promise<Running> =>
  eventually("a watch runs", [], async () => {
    const { running } = await chantJson<{ running?: Running }>(repo, ["watch", "status"]);
    return running;
  });

const watches = (repo: TempRepo): number =>
  repo.processes().filter(({ command }) => command.endsWith(" watch")).length;

test("work starts one, which outlives it; the next work leaves it be, and watch stop ends it", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE, specs: { [A]: good("a") } });
  expect(await chant(repo, ["work"], { env })).toMatchObject({ status: 0 });
  const { pid } = await watchOf(repo);
  await repo.write({ [`.chant/specs/${B}.md`]: await repo.read(`.chant/specs/${A}.md`) });
  expect(await chant(repo, ["work"], { env })).toMatchObject({ status: 0 });
  expect((await watchOf(repo)).pid).toBe(pid);
  expect(watches(repo)).toBe(1);
  expect(await chantOk(repo, ["watch", "stop"])).toContain(`process ${pid}`);
  await expectNoTraces(repo, { isClean: false });
  expect(await repo.read(".chant/logs/watch.log")).toContain("Stopping on SIGTERM");
  expect(await repo.read(".chant/logs/watch.err")).toBe("");
});

test("work is killed with all that it does not share a session with: the watch lands it, and ends when idle", async () => {
  const script = `touch "$CHANT_HOME/../here"\nwhile [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.02; done\n${goodScript("a.txt")}`;
  await using repo = await tempProject({
    config: "watch: { poll_interval_ms: 20, idle_timeout_minutes: 0.01 }\n",
    specs: { [A]: { title: "A", script } },
  });
  const work = startChant(repo, ["work"], { env });
  await eventually("the agent works", [repo.root], () => repo.has("../here"));
  await watchOf(repo);
  work.kill("SIGKILL");
  await work.ended;
  await repo.write({ "../go": "" });
  await repo.quiet();
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
  const log = await repo.read(".chant/logs/watch.log");
  expect(log).toContain(`${A} merged to main ✓\n`);
  expect(log.match(/Idle for .*, exiting\n/g)).toHaveLength(1);
  expect(repo.has(".chant/watch.pid")).toBe(false);
});

test("none with --no-watch, by the configuration, or for a work that is refused or finds nothing", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE, specs: { [A]: good("a"), [B]: good("b") } });
  await chant(repo, ["work", "zzz"], { env });
  await chantOk(repo, ["work", A, "--no-watch"], { env });
  const text = await repo.read(".chant/config.md");
  await repo.write({ ".chant/config.md": text.replace("watch: {", "work: { watch: false }\nwatch: {") });
  await chantOk(repo, ["work"], { env });
  await repo.write({ ".chant/config.md": text });
  await chantOk(repo, ["work"], { env });
  expect(await chantOk(repo, ["watch", "status"])).toBe("No watch runs here.\n");
  expect(repo.has(".chant/logs/watch.err")).toBe(false);
  await expectNoTraces(repo);
});

test("an older version is replaced, a newer one is left alone", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE, specs: { [A]: good("a"), [B]: good("b") } });
  const old = startChant(repo, ["watch"]);
  const { version } = await watchOf(repo);
  const pidFile = await repo.read(".chant/watch.pid");
  await repo.write({ ".chant/watch.pid": pidFile.replace(`"${version}"`, '"99.0.0"') });
  const left = await chant(repo, ["work", A], { env });
  expect(left.stderr).toContain(
    `A watch of the newer chant 99.0.0 runs here (process ${old.pid}), and is left alone.\n`,
  );
  await repo.write({ ".chant/watch.pid": pidFile.replace(`"${version}"`, '"0.0.1"') });
  const replaced = await chant(repo, ["work", B], { env });
  expect((await old.ended).status).toBe(143);
  const now = await watchOf(repo);
  expect(now.version).toBe(version);
  expect(replaced.stderr).toContain(
    `The watch of chant 0.0.1 (process ${old.pid}) was replaced by process ${now.pid}.\n`,
  );
  expect(await repo.read(".chant/logs/watch.log")).toContain(`Handed over to chant ${version}\n`);
  await chantOk(repo, ["watch", "stop"]);
  await expectNoTraces(repo);
});
