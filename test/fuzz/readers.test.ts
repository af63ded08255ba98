import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { providerOf } from "../../src/agent/providers.ts";
import { PROVIDER_NAMES } from "../../src/domain/agent-provider.ts";
import { agentEventLines } from "../../src/domain/agent-event.ts";
import { summarise } from "../../src/domain/agent-report.ts";
import { archivedId, formatArchiveIndex, parseArchiveIndex } from "../../src/domain/archive.ts";
import { configOf, parseConfigs } from "../../src/domain/config.ts";
import { shownKeys } from "../../src/domain/config-show.ts";
import { tick, untickAll } from "../../src/domain/criteria.ts";
import { editFrontMatter } from "../../src/domain/front-matter.ts";
import { branchOf, driverOf, isSpecId, requireSpecId, resolveId } from "../../src/domain/id.ts";
import { jsonIn } from "../../src/domain/json-text.ts";
import { parseLogLine } from "../../src/domain/log-line.ts";
import { mergeSpec } from "../../src/domain/merge-spec.ts";
import { readProposal } from "../../src/domain/proposal.ts";
import { isBroken, parseSpec } from "../../src/domain/spec.ts";
import { parseSpecBytes } from "../../src/domain/spec-bytes.ts";
import { specHash } from "../../src/domain/spec-hash.ts";
import { isChantError } from "../../src/kit/errors.ts";
import { parseArchived } from "../../src/store/archive-files.ts";
import { specText } from "../kit/spec.ts";
import { corpusFor, fuzz, FUZZ_SEED, inputs } from "./fuzz.ts";
import { triesOf } from "../kit/tries.ts";

const ID = "2026-01-01-001-abc";
const ROOT = join(import.meta.dirname, "..", "..");
const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** A refusal is an answer; anything else that is thrown is a crash. */
function answered<T>(doing: () => T): T | undefined {
  try {
    return doing();
  } catch (error) {
    if (isChantError(error)) return undefined;
    throw error;
  }
}

const SPECS = [
  specText({ title: "Sort", dependsOn: [ID], labels: ["a", "b"], script: "true", criteria: ["One", "Two"] }),
  specText({
    front: `approval:\n  required: true\n  status: approved\n  at: 2026-01-01T00:00:00Z\nusage: { input_tokens: 1 }\nretry: { attempts: 2, next_at: x }\nattention: { reason: "x" }\nmodel: 4.0\ncommits:\n  - abc\n`,
    body: "> - [ ] quoted\n\n~~~\n- [ ] fenced\n~~~\n\n<!-- - [ ] -->",
  }),
  "\ufeff---\r\nstatus: completed\r\n---\r\n# T\r\n\r\n- [x] Done\r\n",
];

function readSpec(bytes: Uint8Array): void {
  const spec = parseSpecBytes(ID, bytes);
  if (isBroken(spec)) {
    expect(spec.line).toBeGreaterThanOrEqual(1);
    expect(spec.column).toBeGreaterThanOrEqual(1);
    expect(spec.message).not.toBe("");
    return;
  }
  specHash(spec);
  const edited = answered(() => editFrontMatter(spec.text, { status: "failed", labels: ["x: #"] }));
  if (edited !== undefined) {
    expect(parseSpec(ID, edited)).toMatchObject({ status: "failed", labels: ["x: #"] });
  }
  untickAll(answered(() => tick(spec.text, "all")) ?? spec.text);
  const [base] = SPECS;
  if (base !== undefined) answered(() => mergeSpec({ base, ours: spec.text, theirs: base }));
}

function readConfig(bytes: Uint8Array): void {
  const read = parseConfigs([{ text: asText(bytes), fileName: "config.md" }]);
  for (const { line, column, message } of read.problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe("");
  }
  shownKeys(read);
  expect(configOf).toBeTypeOf("function");
}

const AGENT_READERS = PROVIDER_NAMES.map((provider) => providerOf({ provider })).filter(
  (provider) => provider.reader !== undefined,
);

function readEvents(bytes: Uint8Array): void {
  const lines = asText(bytes).split("\n");
  const events = AGENT_READERS.flatMap((provider) => {
    const reader = provider.reader?.(() => 0);
    const told = lines.flatMap((line) => reader?.line(line) ?? []);
    summarise(told);
    return told;
  });
  for (const event of events) {
    // eslint-disable-next-line no-control-regex
    for (const line of agentEventLines(event)) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
}

function readId(bytes: Uint8Array): void {
  const id = asText(bytes);
  answered(() => requireSpecId(id));
  answered(() => resolveId(id, [ID, `${ID}.1`, "2026-01-01-002-abd"]));
  if (!isSpecId(id)) return;
  expect(id).toMatch(/^[a-z0-9.-]{1,64}$/);
  expect(id).not.toContain("..");
  expect(branchOf(id, "chant/")).not.toMatch(/\.lock$|\.$/);
  const driver = driverOf(id);
  expect(driver === undefined || isSpecId(driver)).toBe(true);
}

function readIndex(bytes: Uint8Array): void {
  const entries = parseArchiveIndex(asText(bytes));
  for (const [id, { path }] of entries) expect(archivedId(path)).toBe(id);
  expect([...parseArchiveIndex(formatArchiveIndex(entries)).keys()].toSorted()).toEqual(
    [...entries.keys()].toSorted(),
  );
}

function readArchivedFile(bytes: Uint8Array): void {
  for (const path of ["2026/01/x.md.gz", "x.md"]) {
    const spec = parseArchived(ID, path, Buffer.from(bytes));
    if (isBroken(spec)) expect(spec.message).not.toBe("");
  }
}

function readAnswer(bytes: Uint8Array): void {
  const found = jsonIn(asText(bytes), (value) => "members" in value);
  if (found === undefined) return;
  const read = readProposal(found);
  if (!read.ok) expect(read.problems.length).toBeGreaterThan(0);
}

const FIXTURES = join(ROOT, "test", "fixtures");
const EVENTS = readdirSync(FIXTURES)
  .filter((name) => PROVIDER_NAMES.some((provider) => name.startsWith(`${provider}-`)))
  .map((name) => join(FIXTURES, name))
  .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name))));
const PROPOSAL = JSON.stringify({
  members: [
    { title: "A", description: "B", criteria: ["c"], depends_on: [1], target_files: ["x"], split: true },
  ],
});

const READERS = [
  ["spec", SPECS, readSpec],
  [
    "config",
    [
      "---\ndefaults: { agent: a, branch_prefix: chant/ }\nagents:\n  a: { provider: command, command: [x] }\n  b: { provider: claude, args: [y], env: { A: b } }\nwatch:\n  failure: { max_retries: 3, jitter: 0.1 }\nnotify: { webhook: { url: http://localhost/ } }\nworktree: { root: /tmp, copy: [.env] }\n---\n",
    ],
    readConfig,
  ],
  ["events", EVENTS, readEvents],
  ["id", [ID, `${ID}.1.2`, "001"], readId],
  [
    "index",
    [`id\tstatus\tcompleted_at\tpath\ttitle\n${ID}\tcompleted\t2026-01-01T00:00:00Z\t2026/01/${ID}.md\tT\n`],
    readIndex,
  ],
  ["archived", [gzipSync(SPECS[0] ?? ""), SPECS[0] ?? ""], readArchivedFile],
  ["answer", [PROPOSAL, `Here:\n\`\`\`json\n${PROPOSAL}\n\`\`\`\n`], readAnswer],
  [
    "log",
    ["2026-01-01T00:00:00.000Z [agent] x", "2026-01-01T00:00:00Z -- launch 1"],
    (bytes: Uint8Array) => {
      for (const line of asText(bytes).split("\n")) parseLogLine(line);
    },
  ],
] as const;

const tries = triesOf("bad input of a reader");
const counts: string[] = [];
afterAll(() => void process.stdout.write(`fuzz: seed ${FUZZ_SEED}; inputs tried: ${counts.join(", ")}\n`));

describe.each(READERS)("%s", (name, seeds, reader) => {
  test("takes or refuses every input, and never hangs", { timeout: 3_600_000 }, () => {
    const tried = fuzz(inputs(seeds), reader);
    tries.passed(tried);
    counts.push(`${name} ${tried}`);
  });
  const kept = corpusFor(name);
  if (kept.length > 0) {
    test.each(kept)("once found: $name", ({ bytes }) => reader(bytes));
  }
});
