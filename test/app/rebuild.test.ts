import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { archive } from "../../src/app/archive.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { type SpecDraft, tempProject, writeSpec } from "../kit/spec.ts";
import { TempRepo } from "../kit/temp-repo.ts";

const OLD = "2025-01-01-001-old";
const SPECS: Readonly<Record<string, SpecDraft>> = {
  [OLD]: { title: "An old one", status: "completed", front: "completed_at: 2025-01-10T00:00:00Z\n" },
  "2026-01-01-001-aaa": { title: "Can start", labels: ["ui"] },
  "2026-01-01-002-bbb": { title: "Blocked", dependsOn: ["2026-01-01-001-aaa"] },
  "2026-01-01-003-ccc": {
    title: "Failed",
    status: "failed",
    front: "attention: { reason: criterion 1 is open }\n",
  },
  "2026-01-01-004-ddd": { title: "Broken", front: "labels: [a\n" },
  // So many that lists ask the index.
  ...Object.fromEntries(
    Array.from({ length: 220 }, (_, n) => [
      `2026-02-01-${String(n + 1).padStart(3, "0")}-eee`,
      { title: `One of many, ${n}`, status: n % 3 === 0 ? "completed" : "pending" },
    ]),
  ),
};

const QUESTIONS: readonly (readonly string[])[] = [
  ["list", "--all"],
  ["list", "--summary", "--json"],
  ["show", "001-aaa"],
  ["show", OLD, "--json"],
  ["show", "ddd"],
  ["why", "002-bbb"],
  ["why", "003-ccc", "--json"],
  ["status", "--json"],
  ["search", "one", "--archived", "--json", "--limit", "300"],
  ["export", "--format", "ndjson", "--all"],
];

async function answers(repo: TempRepo): Promise<readonly string[]> {
  const said: string[] = [];
  for (const question of QUESTIONS) {
    const { status, stdout, stderr } = await chantInProcess(repo, question);
    said.push([question.join(" "), status, stdout, stderr].join("\n").replaceAll(repo.path, "HERE"));
  }
  return said;
}

test("what is not in git can be deleted, and a fresh clone answers the same", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const workspace = await openWorkspace(repo.path, {});
  await archive(workspace, { ids: [OLD], isDryRun: false }, () => {});
  await writeSpec(repo, "2026-01-01-005-fff", { title: "Depends on the old one", dependsOn: [OLD] });
  await repo.commitAll("One more");
  const before = await answers(repo);
  expect(repo.has(".chant/.store/index.db")).toBe(true);
  for (const each of before) expect(each).toMatch(/^.*\n0\n/);
  // Once more, now from the index.
  expect(await answers(repo)).toEqual(before);
  for (const name of [".store", ".locks", "logs"]) {
    await rm(join(repo.path, ".chant", name), { recursive: true, force: true });
  }
  expect(await answers(repo)).toEqual(before);
  const elsewhere = new TempRepo(join(repo.root, "elsewhere"));
  await mkdir(elsewhere.root);
  await repo.gitIn(repo.root, "clone", "--quiet", repo.path, elsewhere.path);
  expect(await answers(elsewhere)).toEqual(before);
  expect(await elsewhere.status()).toBe("");
});
