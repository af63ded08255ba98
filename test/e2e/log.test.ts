import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, programUnderTest, startChant } from "../kit/chant.ts";
import { eventually } from "../kit/eventually.ts";
import { run } from "../kit/process.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const SCRIPT = "/usr/bin/script";
const GO = "while [ ! -e $CHANT_HOME/../go ]; do sleep 0.02; done";

test("log prints what an agent has printed, with the time of day", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "Talks", script: "echo hello\necho again >&2\nprintf 'no end'\nchant tick --all" },
    },
  });
  const early = await chant(repo, ["log", "aaa"]);
  expect(early).toMatchObject({ status: 1, stdout: "" });
  expect(early.stderr).toBe(
    `${A} has no log: no agent has worked on it yet.\nhint: Give it to one: chant work ${A}\n`,
  );

  await chantOk(repo, ["work"]);
  const printed = await chantOk(repo, ["log", "aaa"]);
  expect(printed.replaceAll(/\d\d:\d\d:\d\d/g, "TIME").replace(/\d{4}-\d\d-\d\d/, "DAY"))
    .toMatchInlineSnapshot(`
    "== Attempt 1 by agent test, started DAY TIME
    [TIME] hello
    [TIME] again
    [TIME] no end2026-01-01-001-aaa: ticked 1; 1 of 1 criterion ticked.
    [TIME] == completed → finalizing
    [TIME] == finalized → merging branch chant/2026-01-01-001-aaa
    [TIME] == merged to main ✓
    "
  `);
  expect(await chantOk(repo, ["log", "aaa", "-f"])).toBe(printed);
  expect(await chantOk(repo, ["log", "aaa", "--attempt", "1"])).toBe(printed);
  const other = await chant(repo, ["log", "aaa", "--attempt", "2"]);
  expect(other).toMatchObject({ status: 1, stdout: "" });
  expect(other.stderr).toBe(`The log of ${A} has no attempt 2.\nhint: It has attempt 1.\n`);
  const data = await chantJson<{ id: string; attempts: object[]; lines: object[] }>(repo, ["log", "aaa"]);
  expect(data).toMatchObject({
    id: A,
    attempts: [{ attempt: 1, agent: "test", run: expect.stringMatching(/^\w{20}$/) as string }],
  });
  expect(data.lines[0]).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    attempt: 1,
    from: "agent",
    text: "hello",
  });
  expect(await chant(repo, ["log", "aaa", "-f", "--json"])).toMatchObject({ status: 2, stdout: "" });
});

test("log goes through retries, with an attempt apart, and raw as the agent printed it", async () => {
  const script = [
    "printf 'try %s \\033[1m\\377\\r\\n' $CHANT_ATTEMPT",
    '[ "$CHANT_ATTEMPT" = 2 ] || { echo 503 >&2; exit 1; }',
    "chant tick --all 2>/dev/null; printf 'no end'",
  ].join("\n");
  await using repo = await tempProject({
    specs: { [A]: { title: "Tries again", script } },
    config: "watch: { failure: { retry_delay_ms: 20, jitter: 0 } }\n",
  });
  const work = startChant(repo, ["work"]);
  await work.printed((_, stderr) => stderr.includes("started with agent"));
  const log = startChant(repo, ["log", "aaa", "--follow"]);
  expect(await log.ended).toMatchObject({ status: 0, stderr: "" });
  expect(await work.ended).toMatchObject({ status: 0 });
  const whole = log.stdout();
  expect(whole).toBe(await chantOk(repo, ["log", "aaa"]));
  expect(whole.match(/^== Attempt \d by agent test, started /gm)).toHaveLength(2);
  expect(whole).toMatch(/== failed: [^\n]*\n[^\n]*retry scheduled[^]*== Attempt 2[^]*== merged to main ✓\n$/);
  const first = await chantOk(repo, ["log", "aaa", "--attempt", "1"]);
  expect(whole.startsWith(first)).toBe(true);
  expect(first).toContain("retry scheduled (1/3)");
  expect(first).not.toContain("Attempt 2");
  const raw = async (...words: readonly string[]): Promise<string> => {
    const [file, ...before] = programUnderTest();
    const { stdout } = await run("sh", ["-c", '"$@" | od -An -c -v', "-", file, ...before, "log", ...words], {
      cwd: repo.path,
      env: repo.env,
    });
    return stdout.replaceAll(/\s+/g, " ").trim();
  };
  const [one, two] = ["t r y 1 033 [ 1 m 377 \\r \\n 5 0 3 \\n", "t r y 2 033 [ 1 m 377 \\r \\n n o e n d"];
  expect(await raw("aaa", "--raw", "--attempt", "1")).toBe(one);
  expect(await raw("aaa", "--raw", "--attempt", "2")).toMatch(two);
  expect(await raw("aaa", "--raw", "-f")).toBe(`${one} ${two}`);
});

test.skipIf(!existsSync(SCRIPT))(
  "on a terminal nothing that an agent printed steers it, raw or not",
  async () => {
    await using repo = await tempProject({
      specs: { [A]: { title: "Steers", script: "printf '\\033[2Jgone\\377\\n'\nchant tick --all" } },
    });
    await chantOk(repo, ["work"]);
    for (const flags of ["", "--raw"]) {
      const line = [...programUnderTest().map((word) => `'${word}'`), "log", A, flags].join(" ");
      const { stdout } = await run(SCRIPT, ["--quiet", "--command", line, "/dev/null"], {
        cwd: repo.path,
        env: { ...repo.env, TERM: "xterm", NO_COLOR: "1" },
      });
      expect(stdout).toContain("\\x1b[2Jgone\ufffd");
      expect(stdout).not.toContain("\u001b");
    }
  },
);

test("log -f prints what comes, and ends with the run", async () => {
  await using repo = await tempProject({
    specs: { [A]: { title: "Waits", script: `echo before\n${GO}\necho after\nchant tick --all` } },
  });
  const work = startChant(repo, ["work"]);
  await work.printed((_, stderr) => stderr.includes("started with agent"));
  const log = startChant(repo, ["log", "aaa", "--follow"]);
  await log.printed((stdout) => stdout.includes("before"));
  expect(log.stdout()).not.toContain("after");

  const left = startChant(repo, ["log", "aaa", "-f"]);
  await left.printed((stdout) => stdout.includes("before"));
  left.kill("SIGINT");
  expect(await left.ended).toMatchObject({ status: 130, stderr: "" });

  expect(await chantOk(repo, ["why", "aaa"])).toMatch(/It is being worked on since .* by agent test/);
  expect(await chantOk(repo, ["list"])).toMatch(/working +0\/1 +Waits/);
  await repo.write({ "../go": "" });
  expect(await log.ended).toMatchObject({ status: 0 });
  expect(log.stdout()).toContain("after");
  expect(await work.ended).toMatchObject({ status: 0 });
  await eventually("it is completed", [], async () =>
    (await chantOk(repo, ["list", "--all"])).includes("completed"),
  );
});
