import { chmod, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KernelLock } from "../../../src/host/kernel-lock.ts";
import { chant, chantJson, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, landings, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const GO = 'while [ ! -e "$CHANT_HOME/../go" ]; do sleep 0.02; done';
const QUICK = "watch: { poll_interval_ms: 20 }\n";
const NEVER_IDLE = "watch: { poll_interval_ms: 20, idle_timeout_minutes: 0 }\n";

interface Status {
  readonly running?: { readonly pid: number; readonly version: string };
  readonly watches: readonly string[];
  readonly unattended: readonly string[];
}

const statusOfWatch = (repo: TempRepo): Promise<Status> => chantJson<Status>(repo, ["watch", "status"]);

test("one watch a repository: the second says who runs and ends with 75; stop ends the first", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE });
  expect(await chantOk(repo, ["watch", "status"])).toBe("No watch runs here.\n");
  const first = startChant(repo, ["watch"]);
  await first.printed((stdout) => stdout.includes("No in-progress specs, waiting...\n"));
  expect(first.stdout()).toMatch(/^\[\d\d:\d\d:\d\d\] No in-progress specs, waiting\.\.\.\n$/);
  expect((await repo.read(".chant/watch.pid")).split("\n")[0]).toBe(String(first.pid));

  const second = await chant(repo, ["watch", "--once"]);
  expect(second).toMatchObject({ status: 75, stdout: "" });
  expect(second.stderr).toContain(`watched already, by process ${first.pid} (chant `);
  const { running } = await statusOfWatch(repo);
  const version = (await chantOk(repo, ["--version"])).trim();
  expect(running).toMatchObject({ pid: first.pid, version });
  expect(await chantOk(repo, ["status"])).toMatch(/^A watch runs since .*: process \d+, chant /);

  expect(await chantOk(repo, ["watch", "stop"])).toBe(
    `The watch (process ${first.pid}) has ended; agents go on.\n`,
  );
  const ended = await first.ended;
  expect(ended.status).toBe(143);
  expect(ended.stdout).toMatch(/\] Stopping on SIGTERM\n$/);
  expect(repo.has(".chant/watch.pid")).toBe(false);
  expect(await chantOk(repo, ["watch", "stop"])).toBe("No watch runs here.\n");
  await expectNoTraces(repo);
});

test("Ctrl-C ends it with 130; idle with 0, said once", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE });
  const watch = startChant(repo, ["watch"]);
  await watch.printed((stdout) => stdout.includes("waiting..."));
  watch.kill("SIGINT");
  expect((await watch.ended).status).toBe(130);
  expect(repo.has(".chant/watch.pid")).toBe(false);

  const text = await repo.read(".chant/config.md");
  await repo.write({
    ".chant/config.md": text.replace("idle_timeout_minutes: 0", "idle_timeout_minutes: 0.003"),
  });
  const idle = await chant(repo, ["watch", "--json"]);
  expect(idle).toMatchObject({ status: 0, stderr: "" });
  const data = idle.stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { data: { kind: string } }).data);
  expect(data.map(({ kind }) => kind)).toEqual(["watching", "idle_exit", "result"]);
  expect(repo.has(".chant/watch.pid")).toBe(false);
});

test("kill -9 of work while agents run: watch says what it would do, then lands them, and logs the same", async () => {
  await using repo = await tempProject({
    config: QUICK,
    specs: { [A]: { title: "A", script: `echo x >"$CHANT_HOME/../here"\n${GO}\n${goodScript("a.txt")}` } },
  });
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [repo.root], () => repo.has("../here"));
  const attended = await chant(repo, ["watch", "--dry-run"]);
  expect(attended).toMatchObject({ status: 0, stdout: "" });
  work.kill("SIGKILL");
  await work.ended;
  expect((await statusOfWatch(repo)).unattended).toEqual([A]);

  const watch = startChant(repo, ["watch"]);
  await watch.printed((stdout) => stdout.includes(`Watching 1 in-progress spec: ${A}\n`));
  expect((await statusOfWatch(repo)).watches).toEqual([A]);
  await repo.write({ "../go": "" });
  await watch.printed((stdout) => stdout.includes(`${A} merged to main ✓\n`));
  await watch.printed((stdout) => stdout.includes("All done: 1 landed\n"));
  watch.kill("SIGTERM");
  const { stdout } = await watch.ended;
  const lines = stdout.trimEnd().split("\n");
  const words = lines.map((line) => line.replace(/^\[\d\d:\d\d:\d\d\] /, ""));
  expect(words).toEqual([
    `${A} adopted (its coordinator, process ${work.pid}, is gone)`,
    `Watching 1 in-progress spec: ${A}`,
    `${A} completed → finalizing`,
    `${A} finalized → merging branch chant/${A}`,
    `${A} merged to main ✓`,
    "No in-progress specs, waiting...",
    "All done: 1 landed",
    "Stopping on SIGTERM",
  ]);
  const log = (await repo.read(".chant/logs/watch.log")).trimEnd().split("\n");
  const full = log.map((line) => line.replace(/^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] /, ""));
  expect(full).toEqual(words);
  await expectNoTraces(repo);
  expect((await landings(repo)).get(A)).toBe(1);
});

test("a signal ends it in order also while it waits for another process that lands; a closed terminal too", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE });
  await chantOk(repo, ["watch", "--once"]);
  using landing = new KernelLock(join(repo.path, ".git", "chant", "land.db"));
  await landing.hold(async () => {
    for (const [signal, status] of Object.entries({ SIGTERM: 143, SIGHUP: 129 } as const)) {
      const watch = startChant(repo, ["watch", "--json"]);
      await eventually("it has begun", [], () => repo.has(".chant/watch.pid"));
      watch.kill(signal as NodeJS.Signals);
      const ended = await watch.ended;
      expect(ended).toMatchObject({ status, stderr: "" });
      expect(ended.stdout).toContain(`"kind":"stopping","signal":"${signal}"`);
      expect(ended.stdout).toContain(`"ended":"signal","exitStatus":${status}`);
      expect(repo.has(".chant/watch.pid")).toBe(false);
    }
  });
});

test("a second signal ends it at once, whatever it is in the middle of", async () => {
  await using repo = await tempProject({ config: NEVER_IDLE, specs: { [A]: { title: "A" } } });
  await chantOk(repo, ["start", "aaa", "--here"]);
  await chantOk(repo, ["tick", "aaa", "1"]);
  await repo.write({ ".gitattributes": "*.md filter=slow\n" });
  await repo.commitAll("By hand");
  const slow = `touch '${repo.root}/here'; while [ ! -e '${repo.root}/go' ]; do sleep 0.02; done; cat`;
  await repo.git("config", "filter.slow.clean", slow);
  const watch = startChant(repo, ["watch"]);
  await eventually("a filter of the user's holds it up", [repo.root], () => repo.has("../here"));
  watch.kill("SIGINT");
  // Signals of one kind that come together count once.
  watch.kill("SIGTERM");
  expect([130, 143]).toContain((await watch.ended).status);
  expect(repo.has(".chant/watch.pid")).toBe(true);
  await repo.write({ "../go": "" });
  await repo.quiet();
  const once = await chantOk(repo, ["watch", "--once"]);
  expect(once).toContain("Stale pid file removed");
  expect(once).toContain(`${A} finalized (no branch to merge)\n`);
});

test("what an agent writes into the configuration needs a person, and runs nothing", async () => {
  const evil = `command: { argv: ["touch", "$CHANT_HOME/../ran"] }`;
  const script = `touch "$CHANT_HOME/../here"\n${GO}
sed -i 's#^watch:.*#notify: { ${evil} }#' .chant/config.md\n${goodScript("a.txt")}`;
  await using repo = await tempProject({
    config: QUICK,
    specs: { [A]: { title: "A", script }, [B]: { title: "B", script: goodScript("b.txt") } },
  });
  const work = startChant(repo, ["work", A]);
  await eventually("its agent works", [repo.root], () => repo.has("../here"));
  work.kill("SIGKILL");
  await work.ended;
  await repo.write({ "../go": "" });
  await repo.quiet();
  const first = await chant(repo, ["watch", "--once"]);
  expect(first.status).toBe(1);
  expect(first.stdout).toContain(`${A} needs attention: the agent changed what decides what runs later`);
  expect(await repo.git("show", `chant/${A}:.chant/config.md`)).toContain("/../ran");
  expect(await repo.read(".chant/config.md")).not.toContain("notify");
  await chantOk(repo, ["work", B]);
  await chantOk(repo, ["watch", "--once"]);
  expect(repo.has("../ran")).toBe(false);
});

test("--notify shows on the desktop what happens, --no-notify tells nobody", async () => {
  const tell = `command: { argv: ["sh", "-c", 'cat >>"$0"', "../told"] }`;
  await using repo = await tempProject({
    config: `notify: { ${tell} }\n`,
    specs: {
      [A]: { title: "A", script: goodScript("a.txt") },
      [B]: { title: "B", script: goodScript("b.txt") },
    },
  });
  const desktop = join(repo.root, "bin", "notify-send");
  await repo.write({ "../bin/notify-send": `#!/bin/sh\necho "$*" >>"${repo.root}/shown"\n` });
  await chmod(desktop, 0o755);
  const env = { PATH: `${join(repo.root, "bin")}:${repo.env["PATH"] ?? ""}` };
  await chantOk(repo, ["work", A, "--no-notify"], { env });
  expect([repo.has("../told"), repo.has("../shown")]).toEqual([false, false]);
  await chantOk(repo, ["work", B, "--notify"], { env });
  expect(await repo.read("../told")).toContain(`"event":"landed","spec":"${B}"`);
  if (process.platform === "linux") expect(await repo.read("../shown")).toContain(`${B} landed`);
});

test("cancel takes a run out of the hands of watch", async () => {
  const script = `touch "$CHANT_HOME/../here"\nwhile :; do sleep 1; done`;
  await using repo = await tempProject({ config: NEVER_IDLE, specs: { [A]: { title: "A", script } } });
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [repo.root], () => repo.has("../here"));
  work.kill("SIGKILL");
  await work.ended;
  const watch = startChant(repo, ["watch"]);
  await watch.printed((stdout) => stdout.includes(`Watching 1 in-progress spec: ${A}\n`));
  expect(await chantOk(repo, ["cancel", "aaa"])).toBe(`${A} is cancelled; its run was stopped.\n`);
  await watch.printed((stdout) => stdout.includes("waiting..."));
  await chantOk(repo, ["watch", "stop"]);
  expect((await watch.ended).stdout).not.toMatch(/failed|needs attention|interrupted/);
  await expectNoTraces(repo);
  expect(await statusOn(repo, A)).toBe("cancelled");
});

/** Every file in and around the checkout but the copy of the program, with its content. */
async function everything(repo: TempRepo): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(repo.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(file, "latin1")] as const)),
  );
}

test("--dry-run prints each action and changes no file; --once takes them; a second --once changes nothing", async () => {
  await using repo = await tempProject({
    config: QUICK,
    specs: { [A]: { title: "A", script: `echo x >"$CHANT_HOME/../here"\n${GO}\n${goodScript("a.txt")}` } },
  });
  const work = startChant(repo, ["work"]);
  await eventually("its agent works", [repo.root], () => repo.has("../here"));
  work.kill("SIGKILL");
  await work.ended;
  await repo.write({ "../go": "" });
  await repo.quiet();
  await repo.write({
    ".chant/watch.pid": "999999\n{}\n",
    ".chant/.locks/2026-01-01-009-zzz.lock": "999999\n",
  });

  const before = await everything(repo);
  const dry = await chant(repo, ["watch", "--dry-run"]);
  expect(dry).toMatchObject({ status: 0, stderr: "Nothing was changed.\n" });
  expect(dry.stdout.split("\n")).toEqual([
    "Remove the stale pid file (process 999999 is gone)",
    "2026-01-01-009-zzz: remove its stale lock (process 999999 is gone)",
    `${A}: take it over (its coordinator, process ${work.pid}, is gone)`,
    `${A}: land it`,
    "",
  ]);
  expect(await everything(repo)).toEqual(before);

  const once = await chant(repo, ["watch", "--once"]);
  expect(once).toMatchObject({ status: 0, stderr: "" });
  expect(once.stdout).toContain("Stale pid file removed (process 999999 is gone)\n");
  expect(once.stdout).toContain("2026-01-01-009-zzz stale lock removed");
  expect(once.stdout).toContain(`${A} merged to main ✓\n`);
  await expectNoTraces(repo);
  expect(repo.has(".chant/watch.pid")).toBe(false);

  const settled = await everything(repo);
  const again = await chant(repo, ["watch", "--once"]);
  expect(again).toMatchObject({ status: 0, stderr: "" });
  const changed = [...(await everything(repo))].filter(([file, text]) => settled.get(file) !== text);
  expect(changed.map(([file]) => file)).toEqual([join(repo.path, ".chant", "logs", "watch.log")]);
  expect(await chant(repo, ["watch", "--dry-run"])).toMatchObject({
    status: 0,
    stdout: "",
    stderr: "There is nothing to do. Nothing was changed.\n",
  });
});

test("what was started here, ticked and committed is finalized without a merge", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "A" } } });
  await chantOk(repo, ["start", "aaa", "--here"]);
  expect(await chantOk(repo, ["watch", "--once"])).not.toContain("finalized");
  await chantOk(repo, ["tick", "aaa", "1"]);
  await repo.write({ "mine.txt": "by hand\n" });
  await repo.commitAll("By hand");
  expect(await chantOk(repo, ["watch", "--dry-run"])).toBe(`${A}: complete it, without a branch to merge\n`);
  const { status, stdout } = await chant(repo, ["watch", "--once"]);
  expect(status).toBe(0);
  expect(stdout).toContain(`${A} finalized (no branch to merge)\n`);
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});

test("status shows all that moves or waits on one screen", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "Fails", script: "exit 1" },
      "2026-01-01-002-bbb": { title: "Blocked", dependsOn: [A] },
    },
  });
  await chant(repo, ["work"]);
  expect(await chantOk(repo, ["status"])).toMatchInlineSnapshot(`
    "No watch runs here.

    For a person (chant why ID):
      2026-01-01-001-aaa  failed  0/1  Fails (the agent exited with code 1)

    1 failed, 1 blocked.
    "
  `);
  expect(await chantJson(repo, ["status"])).toMatchObject({
    watch: { watches: [], retries: [] },
    counts: { failed: 1, blocked: 1 },
    runs: [{ id: A }],
  });
});

test("modes that contradict each other, and an interval that is none, are misuse", async () => {
  await using repo = await tempProject();
  for (const args of [["status", "--once"], ["--once", "--dry-run"], ["nothing"], ["--poll-interval", "0"]]) {
    expect(await chant(repo, ["watch", ...args])).toMatchObject({ status: 2, stdout: "" });
  }
});
