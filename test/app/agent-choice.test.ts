import { expect, test } from "vitest";
import { AgentChoice } from "../../src/app/agent-choice.ts";
import { explain } from "../../src/app/why.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { Governor } from "../../src/app/engine/governor.ts";
import { newRunId, type RunRecord } from "../../src/app/engine/record.ts";
import { accountOf } from "../../src/domain/account.ts";
import { agentNamed, parseConfig } from "../../src/domain/config.ts";
import { isBroken, parseSpec, type Spec } from "../../src/domain/spec.ts";
import { specText, tempProject } from "../kit/spec.ts";

let nowMs = Date.parse("2026-01-22T10:00:00Z");
const clock = { nowMs: () => nowMs, monotonicMs: () => 0 };

/** Agents with keys that no other test has: what is known of accounts is for all of them. */
const mark = newRunId();
const agent = (name: string, more = ""): string =>
  `  ${name}: { provider: claude, env: { ANTHROPIC_API_KEY: ${name}-${mark} }${more} }`;
const { config, problems } = parseConfig(
  `---
agents:
${agent("main", ", model: opus")}
${agent("alt", ", model: sonnet")}
${agent("own")}
parallel: { agents: [{ name: main, max_concurrent: 2 }, { name: alt, max_concurrent: 1 }] }
---
`,
  "config.md",
);

function spec(id: string, draft: Parameters<typeof specText>[0] = {}): Spec {
  const parsed = parseSpec(id, specText(draft));
  if (isBroken(parsed)) throw new Error(parsed.message);
  return parsed;
}

test("who is named works; the others are shared out, as far as each may", async () => {
  expect(problems).toEqual([]);
  const choice = new AgentChoice(config, clock, undefined);
  const specs = [
    spec("a", { front: "agent: own\n" }),
    spec("b", { labels: ["agent:alt"] }),
    spec("c"),
    spec("d"),
    spec("e"),
  ];
  const chosen = choice.chooseAll(specs, []).map((each) => [each.spec.id, each.agent]);
  expect(chosen).toEqual([
    ["a", { name: "own", isRotated: false }],
    ["b", { name: "alt", isRotated: false }],
    ["c", { name: "main", isRotated: true }],
    ["d", { name: "main", isRotated: true }],
  ]);
  const busy = ["main", "main", "alt"].map((name) => ({
    agent: name,
    phase: "running" as const,
    createdAtMs: 0,
  }));
  expect(choice.whyNot(spec("e"), busy)).toBe("its agents work on as many specs as they may");
  expect(choice.whyNot(spec("e"), busy.slice(1))).toBeUndefined();
  expect(new AgentChoice(config, clock, "own").chooseAll([spec("e")], busy)).toMatchObject([
    { agent: { name: "own" } },
  ]);
});

test("an account that waits is passed over, and its runs may go to the next one", async () => {
  const account = accountOf(agentNamed(config, "main"), process.env);
  const record = {
    id: "a",
    agent: "main",
    account,
    model: "opus",
    isRotated: true,
    phase: "running",
  } as RunRecord;
  const choice = new AgentChoice(config, clock, undefined);
  await choice.look();
  expect(choice.whyNot(spec("c"), [])).toBeUndefined();
  expect(choice.fallbackOf(record, [])).toMatchObject({ name: "alt", model: "sonnet" });
  // A model of the spec's own goes along.
  expect(choice.fallbackOf({ ...record, model: "haiku" }, [])).toMatchObject({ model: "haiku" });
  expect(choice.fallbackOf({ ...record, isRotated: false }, [])).toBeUndefined();
  expect(choice.fallbackOf(record, [{ agent: "alt", phase: "running", createdAtMs: 0 }])).toBeUndefined();

  const untilMs = clock.nowMs() + 3_600_000;
  await new Governor(clock).met(record, { kind: "quota", untilMs, isGuess: true });
  await choice.look();
  expect(choice.chooseAll([spec("c"), spec("d")], [])).toMatchObject([{ agent: { name: "alt" } }]);
  expect(choice.whyNot(spec("c", { front: "agent: main\n" }), [])).toMatch(
    new RegExp(`^its agent "main" waits for the rate limit of ${account.id} until `),
  );

  // When it ends, those that waited begin one after the other.
  const three = ["c", "d", "e"].map((id) => spec(id, { front: "agent: main\n" }));
  nowMs = untilMs;
  await choice.look();
  expect(choice.chooseAll(three, [])).toEqual([]);
  nowMs += 2_500;
  await choice.look();
  expect(choice.chooseAll(three, [])).toHaveLength(1);
  const begun = { agent: "main", phase: "running" as const, createdAtMs: untilMs + 2_500 };
  expect(choice.chooseAll(three, [begun])).toHaveLength(0);
  nowMs += 17_500;
  await choice.look();
  expect(choice.chooseAll(three.slice(0, 2), [])).toHaveLength(2);
});

test("why of a spec that its agent cannot begin with says what work says of it", async () => {
  const [bare, unknown] = ["2026-01-01-001-aaa", "2026-01-01-002-bbb"] as const;
  await using repo = await tempProject({ specs: { [bare]: {}, [unknown]: { front: "agent: nobody\n" } } });
  const workspace = await openWorkspace(repo.path, {});
  expect(await explain(workspace, bare, clock)).toMatchObject({
    reasons: [expect.stringMatching(/^It is not taken, because its agent "test" runs the block under/)],
    next: [`chant edit ${bare}`, "chant agents"],
  });
  expect(await explain(workspace, unknown, clock)).toMatchObject({
    reasons: ['It is not taken, because there is no agent "nobody" in .chant/config.md.'],
  });
});
