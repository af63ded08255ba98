import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk, isNodeUnderTest } from "../../kit/chant.ts";
import { modelServer } from "../../kit/model-server.ts";
import { tempProject } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";
import { type Answer, TOKENS } from "../../kit/wire/wire.ts";

const [A, B] = ["2026-01-01-001-abc", "2026-01-01-002-abc"] as const;
const STAND_IN = join(import.meta.dirname, "..", "..", "kit", "fake-claude.mjs");

const bash = (command: string): Answer => ({ kind: "tool", name: "Bash", input: { command } });
const DONE: Answer = { kind: "text", text: "Done." };

// The timer that looks is the same in both builds.
test.skipIf(isNodeUnderTest)(
  "at its budget a run is stopped and needs a person, with all that it did; so does the day's",
  async () => {
    await using model = await modelServer(
      bash("echo one >one.txt && git add -A && git commit -qm One"),
      bash("echo two >two.txt"),
      bash("true"),
      { kind: "hang" },
      bash("chant tick --all"),
      DONE,
      DONE,
    );
    const each = TOKENS.input + TOKENS.output;
    const agent = {
      provider: "claude",
      command: [process.execPath, STAND_IN],
      env: {
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: "sk-test",
        CLAUDE_CODE_MAX_RETRIES: "1",
        IS_SANDBOX: "1",
      },
    };
    await using repo = await tempProject({
      agent: JSON.stringify(agent),
      config: `budget: { run_tokens: ${3 * each}, day_usd: 0.000001 }\n`,
      specs: { [A]: { title: "A" }, [B]: { title: "B" } },
    });
    const env = { CLAUDE_CONFIG_DIR: join(repo.root, "sessions") };
    expect((await chant(repo, ["work", A], { env })).status).toBe(1);
    expect(await statusOn(repo, A)).toBe("needs_attention");
    expect(await chantOk(repo, ["why", A])).toContain(
      `its budget of ${3 * each} tokens is used up: ${3 * each} so far; resume gives it as much again`,
    );
    expect(await repo.read(`.chant/logs/${A}.log`)).toContain("= stopped: its budget of");
    const worktree = join(repo.worktrees, `chant-${A}`);
    expect(await repo.gitIn(worktree, "log", "-1", "--format=%s")).toBe("One");
    expect(await repo.gitIn(worktree, "status", "--porcelain")).toContain("two.txt");

    await chantOk(repo, ["resume", A, "--work"], { env });
    expect(await repo.read("two.txt")).toBe("two\n");
    // What it cost is known now: nothing more starts today.
    const next = await chant(repo, ["work", B], { env });
    expect(next.status).toBe(1);
    expect(next.stdout).toContain(
      "the day's budget of $0.00 is used up: $0.00 and what 1 launch cost, which is unknown since midnight",
    );
    expect(await statusOn(repo, B)).toBe("pending");
    expect(await chantOk(repo, ["why", B])).toContain(
      "It is ready, but the day's budget of $0.00 is used up",
    );
    await expectNoTraces(repo);
  },
);
