import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk, isNodeUnderTest, startChant } from "../../kit/chant.ts";
import { eventually } from "../../kit/eventually.ts";
import { modelServer } from "../../kit/model-server.ts";
import { tempProject } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";
import { limitHeaders } from "../../kit/wire/anthropic.ts";
import type { Answer } from "../../kit/wire/wire.ts";

const [A, B, C] = ["2026-01-01-001-abc", "2026-01-01-002-abc", "2026-01-01-003-abc"] as const;
const STAND_IN = join(import.meta.dirname, "..", "..", "kit", "fake-claude.mjs");

const WORK: Answer = {
  kind: "tool",
  name: "Bash",
  input: { command: 'echo hello >"$CHANT_SPEC_ID.txt" && chant tick --all' },
};
const DONE: Answer = { kind: "text", text: "Done." };

// What waits is the same code in both builds, and the waiting takes some seconds.
test.skipIf(isNodeUnderTest)(
  "a limit holds back its account in every repository until it is cleared; the next agent of the list goes on",
  async () => {
    const resetsAtMs = (Math.floor(Date.now() / 1000) + 3_600) * 1000;
    const limit: Answer = { kind: "error", status: 429, headers: limitHeaders(resetsAtMs) };
    await using model = await modelServer(limit, WORK, DONE, WORK, DONE, WORK, DONE);
    const env = { ANTHROPIC_BASE_URL: model.url, CLAUDE_CODE_MAX_RETRIES: "1", IS_SANDBOX: "1" };
    const agent = (token: string): string =>
      JSON.stringify({
        provider: "claude",
        command: [process.execPath, STAND_IN],
        env: { ...env, CLAUDE_CODE_OAUTH_TOKEN: token },
      });
    await using repo = await tempProject({
      agent: agent("one"),
      config: `parallel: { max: 1, agents: [{ name: test }, { name: other }] }\n`,
      specs: { [A]: { title: "A" }, [B]: { title: "B" }, [C]: { title: "C", front: "agent: test\n" } },
    });
    const config = await repo.read(".chant/config.md");
    await repo.write({
      ".chant/config.md": config.replace("agents:\n", `agents:\n  other: ${agent("two")}\n`),
    });
    await repo.commitAll("Another agent");
    const sessions = { CLAUDE_CONFIG_DIR: join(repo.root, "sessions") };
    const running = startChant(repo, ["work"], { env: sessions });
    await eventually("what another account may do has landed", [join(repo.path, ".git")], async () =>
      (await statusOn(repo, B)) === "completed" ? true : undefined,
    );

    const { limits } = await chantJson<{ limits: readonly { account: string; untilMs: number }[] }>(repo, [
      "limits",
    ]);
    expect(limits).toEqual([
      expect.objectContaining({
        kind: "rate_limit",
        untilMs: resetsAtMs,
        metBy: A,
        by: "CLAUDE_CODE_OAUTH_TOKEN",
      }),
    ]);
    const account = limits[0]?.account ?? "";
    expect(account).toMatch(/^claude-[0-9a-f]{8}$/);
    const until = `waits for the rate limit of ${account} until ${new Date(resetsAtMs).toISOString().slice(11, 16)}`;
    for (const words of [["status"], ["why", A], ["why", C], ["dashboard", "--once"]]) {
      expect(await chantOk(repo, words), words.join(" ")).toContain(
        until.replace(words[0] === "dashboard" ? "waits " : "", ""),
      );
    }
    expect(await chantOk(repo, ["limits"])).toMatch(new RegExp(`^${account}  rate limit  until `));
    // Nobody asked for it meanwhile: it waits for the same account.
    expect(await statusOn(repo, C)).toBe("pending");
    expect(model.requests).toHaveLength(3);

    const unknown = await chant(repo, ["limits", "clear", "claude-0"]);
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      expect.stringContaining(`Those that hold now: ${account}.`),
    ]);
    expect(await chantOk(repo, ["limits", "clear", account])).toContain(`Cleared 1 limit: ${account}.`);
    expect((await running.ended).status).toBe(0);
    await expectNoTraces(repo);
    expect(await Promise.all([A, B, C].map((id) => statusOn(repo, id)))).toEqual(Array(3).fill("completed"));
    expect((await chant(repo, ["limits"])).stderr).toBe("No account waits for a limit.\n");
  },
);
