import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const STAND_IN = join(import.meta.dirname, "..", "..", "kit", "fake-acp.mjs");
const WORK = 'echo hello >hello.txt && chant tick --all && git add -A && git commit -q -m "Say hello"';

/** A project whose agent is the stand-in, which runs these commands, prompt by prompt. */
async function project(
  turns: readonly (readonly string[])[],
  more: { readonly permissions?: string; readonly login?: "no" } = {},
): Promise<TempRepo> {
  const agent = {
    provider: "acp",
    command: [process.execPath, STAND_IN],
    ...(more.permissions === undefined ? {} : { permissions: more.permissions }),
    env: {
      FAKE_ACP: JSON.stringify(turns),
      FAKE_ACP_HELPER: "yes",
      ...(more.login === undefined ? {} : { FAKE_ACP_LOGIN: more.login }),
    },
  };
  return tempProject({ agent: JSON.stringify(agent), specs: { [A]: { title: "Say hello" } } });
}

/** Sessions of the stand-in are kept beside the repository, not in it. */
const around = (repo: TempRepo): { readonly env: NodeJS.ProcessEnv } => ({
  env: { FAKE_ACP_FOLDER: join(repo.root, "sessions") },
});

const logOf = (repo: TempRepo): Promise<string> => repo.read(`.chant/logs/${A}.log`);

test("an agent that asks is allowed; it works, lands, and a session goes on where it was left", async () => {
  await using repo = await project([["echo first >first.txt"], [WORK]]);
  expect((await chant(repo, ["work", A], around(repo))).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("is not ticked");
  await chantOk(repo, ["resume", A, "--work"], around(repo));
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("hello.txt")).toBe("hello\n");
  const log = await logOf(repo);
  expect(log.match(/\| -- started, session session-\d+\n/g)).toHaveLength(2);
  expect(log).toContain(`| > execute: ${WORK}\n`);
  expect(log).toContain("| All done.\n");
  // What the loaded session repeats of what was said before is no news.
  expect(log).not.toContain("said before");
  await expectNoTraces(repo);
});

test("what is denied it does not do, and the spec fails by that name", async () => {
  await using repo = await project([[WORK]], { permissions: "deny" });
  expect((await chant(repo, ["work", A], around(repo))).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("it was not allowed to use echo hello");
});

test("a person is asked, and the agent waits for the answer; it cannot give it itself", async () => {
  await using repo = await project([[`chant permit ${A} 2>said.txt; true`, WORK]], { permissions: "ask" });
  const running = startChant(repo, ["work", A], around(repo));
  const asks = async (words: string): Promise<void> => {
    await eventually("it asks", [join(repo.path, ".chant/logs")], async () =>
      repo.has(`.chant/logs/${A}.log`) ? (await logOf(repo)).includes(`may do this: ${words}`) : false,
    );
  };
  await asks("chant permit");
  expect(await chantOk(repo, ["permit", A])).toContain("may do this: chant permit");
  await asks("echo hello");
  const why = await chantOk(repo, ["why", A]);
  expect(why).toMatch(/waits for a person to say whether it may do this: echo hello/);
  expect(why).toContain(`$ chant permit ${A}\n`);
  await chantOk(repo, ["permit", A]);
  expect((await running.ended).status).toBe(0);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("said.txt")).toContain("is a person's word");
  const late = await chant(repo, ["permit", A]);
  expect([late.status, late.stderr]).toEqual([1, expect.stringContaining("waits for no permission")]);
  await expectNoTraces(repo);
});

test("an agent that is not logged in, and one that is no such agent, fail with that reason", async () => {
  await using repo = await project([[WORK]], { login: "no" });
  expect((await chant(repo, ["work", A], around(repo))).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/Authentication required; log in with/);
  const config = await repo.read(".chant/config.md");
  await repo.write({ ".chant/config.md": config.replace(STAND_IN, "/dev/null") });
  await repo.commitAll("Another agent");
  expect((await chant(repo, ["resume", A, "--work"], around(repo))).status).toBe(1);
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/ended before it had answered|closed/i);
});

test("kill -9 of the agent: its session goes on, and no attempt is used", async () => {
  await using repo = await project([["echo first >first.txt", "kill -9 $PPID"], [WORK]]);
  await chantOk(repo, ["work", A], around(repo));
  expect(await statusOn(repo, A)).toBe("completed");
  const log = await logOf(repo);
  expect(new Set(log.match(/session session-\d+/g)).size).toBe(1);
  expect(log).not.toContain("attempt 2");
});
