import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readWord, STATUS_FILE } from "../../src/app/runner/status-file.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";
import { tempFolder, type TempRepo } from "../kit/temp-repo.ts";
import { corpusFor, FUZZ_MS, FUZZ_SEED, inputs } from "./fuzz.ts";
import { triesOf } from "../kit/tries.ts";

const ID = "2026-01-01-001-abc";
const RUN = "0123456789abcdef0123";
const OID = "1".repeat(40);
const GONE = { pid: 4_000_000, startedAt: "1", bootId: "gone", host: "elsewhere" };

/** A command that only looks takes less, even on a busy machine. */
const COMMAND_LIMIT_MS = 20_000;

interface Kept {
  /** In the checkout. */
  readonly path: string;
  readonly content: string;
}

const json = (path: string, content: unknown): Kept => ({ path, content: JSON.stringify(content) });

/** What lies around while a run is under way, as chant writes it. */
function filesOf(repo: TempRepo): { readonly [name: string]: Kept } {
  const own = ".git/chant";
  const worktree = {
    path: join(repo.worktrees, `chant-${ID}`),
    adminDir: join(repo.path, ".git/worktrees/x"),
  };
  const git = join(repo.path, ".git");
  const record = {
    version: 1,
    id: ID,
    run: RUN,
    phase: "running",
    title: "One",
    type: "code",
    owner: GONE,
    target: "refs/heads/main",
    branch: `chant/${ID}`,
    agent: "test",
    createdAtMs: 1_767_225_600_000,
    attempt: 1,
    interruptions: 0,
    relaunches: 0,
    launch: 1,
    base: OID,
    worktree: worktree.path,
    adminDir: worktree.adminDir,
  };
  const launch = {
    version: 1,
    launch: 1,
    id: ID,
    run: RUN,
    repo: { home: repo.path, gitDir: git, commonDir: git, hash: "sha1" },
    worktree,
    branch: record.branch,
    base: OID,
    agentName: "test",
    agent: { provider: "script" },
    logs: join(repo.path, ".chant/logs"),
    inbox: join(git, "chant/inbox"),
  };
  const end = {
    version: 1,
    agent: { kind: "exited", code: 1 },
    verdict: { kind: "failed", reason: "it failed" },
    tip: OID,
    commits: [OID],
  };
  const lock = `4000000\n${JSON.stringify({ ...GONE, token: "x", since: "2026-01-01T00:00:00Z" })}\n`;
  const intent = {
    version: 1,
    ref: "refs/heads/main",
    from: OID,
    to: OID,
    checkout: repo.path,
    gitDir: git,
    owned: [{ path: "a", beforeOid: OID }],
  };
  return {
    record: json(`${own}/runs/${ID}.json`, record),
    launch: json(`${own}/work/${RUN}/launch-1.json`, launch),
    runner: json(`${own}/work/${RUN}/runner-1.json`, GONE),
    agent: json(`${own}/work/${RUN}/agent-1.json`, { identity: GONE, group: GONE.pid, startedAtMs: 1 }),
    end: json(`${own}/work/${RUN}/end-1.json`, end),
    intent: json(`${own}/landing.json`, intent),
    lock: { path: `.chant/.locks/${ID}.lock`, content: lock },
    pid: {
      path: ".chant/watch.pid",
      content: `4000000\n${JSON.stringify({ ...GONE, version: "1", repository: git })}\n`,
    },
    configFile: {
      path: ".chant/config.md",
      content: "---\ndefaults: { agent: test }\nagents:\n  test: { provider: script }\n---\n",
    },
    indexFile: {
      path: ".chant/archive/index.tsv",
      content: `id\tstatus\tcompleted_at\tpath\ttitle\n${ID}\tcompleted\t\t${ID}.md\tT\n`,
    },
  };
}

const LOOKS = [
  ["list", "--all"],
  ["show", ID],
  ["why", ID],
  ["status"],
  ["list", "--summary"],
  ["watch", "--dry-run"],
];

async function put(repo: TempRepo, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(repo.path, path)), { recursive: true });
  await writeFile(join(repo.path, path), content);
}

/** Whatever stands in a file, a command that looks answers or refuses, in plain words and soon. */
async function expectAnswered(repo: TempRepo, looks: readonly (readonly string[])[]): Promise<void> {
  for (const args of looks) {
    const startedMs = performance.now();
    const { status, stderr } = await chantInProcess(repo, args);
    expect({ args, status, stderr, isPlain: [0, 1, 2, 75].includes(status) }).toMatchObject({
      isPlain: true,
    });
    expect(performance.now() - startedMs).toBeLessThan(COMMAND_LIMIT_MS);
  }
}

const counts: string[] = [];
afterAll(() => void process.stdout.write(`fuzz: seed ${FUZZ_SEED}; files tried: ${counts.join(", ")}\n`));

const NAMES = [
  "record",
  "launch",
  "runner",
  "agent",
  "end",
  "intent",
  "lock",
  "pid",
  "configFile",
  "indexFile",
];

const tries = triesOf("bad file of chant's own, met by a command");

test.each(NAMES)("%s: commands that look answer or refuse", { timeout: 3_600_000 }, async (name) => {
  await using repo = await tempProject({ specs: { [ID]: { title: "One", status: "in_progress" } } });
  const files = filesOf(repo);
  for (const { path, content } of Object.values(files)) await put(repo, path, content);
  await expectAnswered(repo, LOOKS);
  const file = files[name];
  if (file === undefined) throw new Error(`there is no ${name}`);
  for (const { bytes } of corpusFor(name)) {
    await put(repo, file.path, bytes);
    await expectAnswered(repo, LOOKS);
  }
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(inputs([file.content]), fc.constantFrom(...LOOKS), async (bytes, args) => {
      tried += 1;
      await put(repo, file.path, bytes);
      await expectAnswered(repo, [args]);
    }),
    {
      seed: FUZZ_SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      plugins: [fc.interruptAfterTimeLimit(FUZZ_MS)],
    },
  );
  tries.passed(tried);
  counts.push(`${name} ${tried}`);
});

test("status file: says something of this run or nothing", { timeout: 3_600_000 }, async () => {
  await using folder = await tempFolder();
  const word = { spec_id: ID, status: "done", updated_at: "2026-01-01T00:00:00Z", error: null, commits: [] };
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(inputs([JSON.stringify(word)]), async (bytes) => {
      tried += 1;
      await writeFile(join(folder.path, STATUS_FILE), bytes);
      const read = await readWord(folder.path, ID, 0);
      if (read !== undefined) expect(["working", "done", "failed"]).toContain(read.status);
    }),
    {
      seed: FUZZ_SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      plugins: [fc.interruptAfterTimeLimit(FUZZ_MS)],
    },
  );
  tries.passed(tried);
  counts.push(`status ${tried}`);
});
