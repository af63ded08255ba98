import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { goodScript, type SpecDraft, tempProject } from "../kit/spec.ts";
import { expectNoTraces, statusOn } from "../kit/traces.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";
const DONE: SpecDraft = { status: "completed", front: "completed_at: 2026-01-10T00:00:00Z\n" };
const WHERE = `.chant/archive/2026/01/${A}.md.gz`;

test("an archived spec is gone from the list, and its id goes on to be known", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { ...DONE, title: "Done long ago" },
      [B]: { title: "Needs it", dependsOn: [A], script: goodScript("b.txt") },
    },
  });
  expect((await chant(repo, ["archive", A])).stderr).toContain(`${B} depends on it and is not completed`);
  await chantOk(repo, ["cancel", B]);
  const before = await repo.read(`.chant/specs/${A}.md`);
  const plan = await chantJson<{ specs: unknown[] }>(repo, ["archive", "--older-than", "30d", "--dry-run"]);
  expect(plan).toMatchObject({ isDryRun: true, specs: [{ id: A, title: "Done long ago" }] });
  expect(repo.has(WHERE)).toBe(false);
  await chantOk(repo, ["archive", "--older-than", "30d"]);
  expect(await repo.status()).toBe("");
  expect(await repo.git("log", "-1", "--format=%s")).toBe(`Archive ${A}`);
  expect(gunzipSync(await readFile(join(repo.path, WHERE))).toString()).toBe(before);
  expect(await chantOk(repo, ["list", "--all"])).not.toContain(A);
  expect(await chantOk(repo, ["show", "001"])).toContain(`${WHERE} (archived)`);
  expect(await chantOk(repo, ["why", A])).toContain("in the archive");
  expect(await chantOk(repo, ["export", "--all", "--fields", "id,archived"])).toContain(
    `{"id":"${A}","archived":true}`,
  );
  expect(await chantOk(repo, ["export", "--fields", "id"])).not.toContain(A);
  // What depends on it does not wait, here or in a fresh clone.
  const { id } = await chantJson<{ id: string }>(repo, ["add", "Next", "--depends-on", A]);
  expect(await chantOk(repo, ["list", "--ready"])).toContain(id);
  expect(await chantOk(repo, ["restore", A])).toBe(`${A} is back, and completed.\n`);
  expect(await repo.read(`.chant/specs/${A}.md`)).toBe(before);
});

test("where git ignores the archive, a tracked index keeps ids known in a fresh clone", async () => {
  await using repo = await tempProject({ specs: { [A]: DONE } });
  await repo.write({ ".gitignore": ".chant/archive/\n" });
  await repo.commitAll("ignore the archive");
  await chantOk(repo, ["archive", A]);
  expect(await repo.git("ls-files", ".chant/archive")).toBe(".chant/archive/index.tsv");
  expect(repo.has(WHERE)).toBe(true);
  expect(await repo.status()).toBe("");
  await repo.git("clone", "--quiet", repo.path, join(repo.root, "clone"));
  const cwd = join(repo.root, "clone");
  expect(await chantOk(repo, ["why", A], { cwd })).toContain("in another clone");
  const shown = await chant(repo, ["show", A], { cwd });
  expect([shown.status, shown.stderr]).toEqual([1, expect.stringContaining("not in this clone")]);
  const { id } = await chantJson<{ id: string }>(repo, ["add", "Next", "--depends-on", A], { cwd });
  expect(await chantOk(repo, ["list", "--ready"], { cwd })).toContain(id);
});

test("work archives what is due, once in 24 hours", async () => {
  await using repo = await tempProject({
    config: "lifecycle: { specs: { retention: 30d, archive: { enabled: true, compress: false } } }\n",
    specs: { [A]: DONE, [B]: { script: goodScript("b.txt") } },
  });
  const first = await chant(repo, ["work"]);
  expect(first.stderr).toContain("Archived 1 spec to .chant/archive");
  expect(repo.has(`.chant/archive/2026/01/${A}.md`)).toBe(true);
  expect(await statusOn(repo, B)).toBe("completed");
  await repo.write({ [`.chant/specs/${C}.md`]: `---\n${DONE.front ?? ""}status: completed\n---\n# C\n` });
  await repo.commitAll("another");
  expect((await chant(repo, ["work"])).stderr).not.toContain("Archived");
  await expectNoTraces(repo);
});

/** Each place where an archiving could stop with something done and something not. */
const STOPS = [
  "archive.file:before",
  "archive.file:after",
  "publish.intent:after",
  "publish.files:after",
  "publish.ref:after",
  "publish.index:after",
];

test.each(STOPS)("kill -9 %s: the spec is in one place or in both, and once more finishes", async (at) => {
  await using repo = await tempProject({
    specs: { [A]: DONE },
    files: { ".gitignore": ".chant/archive/\n" },
  });
  const text = await repo.read(`.chant/specs/${A}.md`);
  const once = join(repo.root, "once");
  await writeFile(once, "");
  await chant(repo, ["archive", A], { env: { CHANT_FAIL: at, CHANT_FAIL_ONCE: once } });
  expect(repo.has("../once"), `${at} was met`).toBe(false);
  expect(repo.has(`.chant/specs/${A}.md`) || repo.has(WHERE)).toBe(true);
  // It may be in the archive by then.
  expect((await chant(repo, ["archive", A])).stderr).not.toContain("No spec matches");
  await chant(repo, ["work"]);
  expect(gunzipSync(await readFile(join(repo.path, WHERE))).toString()).toBe(text);
  expect(repo.has(`.chant/specs/${A}.md`)).toBe(false);
  expect(await repo.status()).toBe("");
  await repo.git("fsck", "--strict");
});

test("a folder that leads out of the repository, an edit, and bad words are refused, with nothing changed", async () => {
  await using repo = await tempProject({ specs: { [A]: DONE, [B]: DONE, [`${B}.1`]: DONE } });
  const tip = await repo.git("rev-parse", "HEAD");
  await mkdir(join(repo.root, "elsewhere"));
  await symlink(join(repo.root, "elsewhere"), join(repo.path, ".chant", "archive"));
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { status, stderr } = await chant(repo, ["archive", ...args]);
    expect(status).toBeGreaterThan(0);
    expect(stderr).toContain("hint:");
    return stderr;
  };
  expect(await refused(A)).toContain("leads out of the repository");
  await repo.git("clean", "-fdq", ".chant/archive");
  expect(await refused(`${B}.1`)).toContain(`it goes with its driver ${B}`);
  expect(await refused("--older-than", "soon")).toContain("--older-than takes");
  expect(await refused()).toContain("kept forever");
  expect(await refused("../x")).toContain("No spec matches");
  await repo.write({ [`.chant/specs/${A}.md`]: "---\nstatus: completed\n---\n# Edited\n" });
  expect(await refused(A)).toContain("changes that are not committed");
  expect(await repo.git("rev-parse", "HEAD")).toBe(tip);
  expect(await readdir(join(repo.root, "elsewhere"))).toEqual([]);
  const config = await repo.read(".chant/config.md");
  await repo.write({
    ".chant/config.md": config.replace(
      "---\n",
      "---\nlifecycle: { specs: { archive: { location: ../out } } }\n",
    ),
  });
  expect(await refused(B)).toContain("inside the repository");
});

test("a restore that was cut off is finished when it is said again", async () => {
  await using repo = await tempProject({ specs: { [A]: DONE } });
  await chantOk(repo, ["archive", A]);
  const killed = await chant(repo, ["restore", A], { env: { CHANT_FAIL: "publish.intent:after" } });
  expect(killed.signal).toBe("SIGKILL");
  expect(await chantOk(repo, ["restore", A])).toBe(`${A} is back, and completed.\n`);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.git("ls-files", ".chant/archive")).toBe("");
  expect(await repo.status()).toBe("");
});
