import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { tempProject, writeSpec } from "../kit/spec.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const SPECS = {
  "2026-01-01-001-aaa": { title: "Done", status: "completed" },
  "2026-01-01-002-bbb": { title: "Ready now", dependsOn: ["2026-01-01-001-aaa"], labels: ["ui"] },
  "2026-01-01-003-ccc": { title: "Blocked", dependsOn: ["2026-01-01-002-bbb"], labels: ["ui", "big"] },
  "2026-01-01-004-ddd": {
    title: "Failed",
    status: "failed",
    front: "attention: { reason: criterion 1 is open }\n",
    type: "task",
  },
  "2026-01-01-005-eee": { title: "Cancelled", status: "cancelled" },
  "2026-01-01-006-fff": { title: "Escapes \u001b[2J here", criteria: ["a", "b"] },
};

test("list shows what matters now, aligned, and counts the rest on standard error", async () => {
  await using repo = await tempProject({ specs: SPECS });
  expect(await chant(repo, ["list"])).toMatchInlineSnapshot(`
    {
      "signal": undefined,
      "status": 0,
      "stderr": "3 specs; not shown: 1 completed, 1 cancelled, 1 blocked (see them with --all).
    ",
      "stdout": "2026-01-01-004-ddd  failed   0/1  Failed (criterion 1 is open)
    2026-01-01-002-bbb  pending  0/1  Ready now
    2026-01-01-006-fff  pending  0/2  Escapes \\x1b[2J here
    ",
    }
  `);
  expect(await repo.status()).toBe("");
});

test("filters choose, and --all shows everything", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const ids = async (...flags: readonly string[]): Promise<string> =>
    (await chantOk(repo, ["list", ...flags])).replaceAll(/^2026-01-01-(\d+).*\n/gm, "$1 ").trim();
  expect(await ids("--all")).toBe("004 002 006 003 001 005");
  expect(await ids("--status", "blocked", "--status", "completed")).toBe("003 001");
  expect(await ids("--label", "ui", "--all")).toBe("002 003");
  expect(await ids("--label", "ui", "--label", "big", "--all")).toBe("003");
  expect(await ids("--type", "task")).toBe("004");
  expect(await ids("--ready")).toBe("002 006");
  const wrong = await chant(repo, ["list", "--status", "blockd"]);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('did you mean "blocked"');
});

test("--json is one object on a pure standard output", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const { stdout, stderr } = await chant(repo, ["list", "--ready", "--label", "ui", "--json"]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchInlineSnapshot(`
    {
      "data": [
        {
          "criteria": {
            "done": 0,
            "total": 1,
          },
          "dependsOn": [
            "2026-01-01-001-aaa",
          ],
          "id": "2026-01-01-002-bbb",
          "labels": [
            "ui",
          ],
          "ready": true,
          "status": "pending",
          "title": "Ready now",
          "type": "code",
          "waitsFor": [],
        },
      ],
      "version": 1,
    }
  `);
});

test("a broken file is listed with line and column, and is not written to", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const broken = "---\nstatus: pending\nlabels: [a\n---\n# Half\n";
  await repo.write({ ".chant/specs/2026-01-02-001-bad.md": broken });
  const { status, stdout } = await chant(repo, ["list", "--status", "broken"]);
  expect(status).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "2026-01-02-001-bad  broken  -  (line 4, column 1: Flow sequence in block collection must be sufficiently indented and end with a ])
    "
  `);
  const why = await chant(repo, ["why", "bad"]);
  expect(why.stdout).toMatchInlineSnapshot(`
    "2026-01-02-001-bad is broken.
    Its file is broken at line 4, column 1: Flow sequence in block collection must be sufficiently indented and end with a ].
    Until that is mended nobody works on it, and chant does not write to it.
      $ $EDITOR +4 .chant/specs/2026-01-02-001-bad.md
    "
  `);
  expect((await chant(repo, ["show", "bad"])).stdout).toContain("# Half");
  const ticked = await chant(repo, ["tick", "bad", "--all"]);
  expect(ticked.status).toBe(1);
  expect(ticked.stderr.replace(repo.path, "HERE")).toMatchInlineSnapshot(`
    "2026-01-02-001-bad is broken at line 4, column 1: Flow sequence in block collection must be sufficiently indented and end with a ].
    hint: Mend HERE/.chant/specs/2026-01-02-001-bad.md first; nothing was changed.
    "
  `);
  expect(await repo.read(".chant/specs/2026-01-02-001-bad.md")).toBe(broken);
});

test.skipIf(process.getuid?.() === 0)("a file that cannot be read is listed as broken", async () => {
  await using repo = await tempProject({ specs: SPECS });
  await chmod(join(repo.path, ".chant/specs/2026-01-01-006-fff.md"), 0);
  expect(await chantOk(repo, ["list", "--status", "broken"])).toContain("EACCES");
});

test("a folder with the name of a spec, and files that are none, do no harm", async () => {
  await using repo = await tempProject({ specs: SPECS });
  await repo.write({
    ".chant/specs/2026-01-02-001-dir.md/x": "",
    ".chant/specs/README.txt": "",
    ".chant/specs/.md": "",
  });
  expect(await chantOk(repo, ["list", "--status", "broken"])).toContain("not a regular file");
});

test("a dependency counts only when it is completed on the target", async () => {
  await using repo = await tempProject({ specs: SPECS });
  await writeSpec(repo, "2026-01-01-002-bbb", { title: "Ready now", status: "completed" });
  expect(await chantOk(repo, ["list", "--status", "blocked"])).toContain("003-ccc");
  expect(await chantOk(repo, ["why", "ccc"])).toMatchInlineSnapshot(`
    "2026-01-01-003-ccc (Blocked) is blocked.
    It waits for 2026-01-01-002-bbb (Ready now), which is not completed yet: its file says completed, which is not committed there.
      $ chant why 2026-01-01-002-bbb
    "
  `);
  expect(await chantOk(repo, ["why", "bbb"])).toMatchInlineSnapshot(`
    "2026-01-01-002-bbb (Ready now) is completed.
    Its file says completed, but on main it is not: the change is not committed.
    What depends on it waits until it is.
      $ git log --oneline main -- .chant/specs/2026-01-01-002-bbb.md
    "
  `);
  await repo.commitAll("By hand");
  expect(await chantOk(repo, ["list", "--ready"])).toContain("003-ccc");
});

test("list works from a folder below, and from no specs at all", async () => {
  await using repo = await tempProject({ files: { "src/deep/a.txt": "" } });
  expect(await chant(repo, ["list"], { cwd: join(repo.path, "src", "deep") })).toMatchObject({
    status: 0,
    stdout: "",
    stderr: "No specs.\n",
  });
  expect(await chantJson(repo, ["list"])).toEqual([]);
});

test("outside of a repository, and before init, list says what to do", async () => {
  await using repo = await tempRepo();
  const outside = await chant(repo, ["list"], { cwd: repo.root });
  expect(outside).toMatchObject({ status: 1, stdout: "" });
  expect(outside.stderr).toContain("is not inside a git repository");
  await repo.gitIn(repo.root, "clone", "-q", "--bare", repo.path, "bare");
  const bare = await chant(repo, ["list"], { cwd: join(repo.root, "bare") });
  expect(bare.stderr).toMatch(/is a bare repository.*\nhint: .*git clone /);
  const early = await chant(repo, ["list"]);
  expect(early).toMatchObject({ status: 1, stdout: "" });
  expect(early.stderr).toContain("hint: Set chant up here with: chant init");
});

test("on a detached HEAD and in a repository without a commit, list works", async () => {
  await using repo = await tempProject({ specs: SPECS });
  await repo.git("switch", "--quiet", "--detach");
  expect(await chantOk(repo, ["list", "--ready"])).toContain("002-bbb");
  await using empty = await tempProject({ specs: SPECS, commit: false });
  expect(await chantOk(empty, ["list", "--status", "blocked"])).toContain("002-bbb");
});

test("a reader that has gone ends list without a word", async () => {
  await using repo = await tempProject({ specs: SPECS });
  const { run } = await import("../kit/process.ts");
  const { programUnderTest } = await import("../kit/chant.ts");
  const program = programUnderTest()
    .map((word) => `'${word}'`)
    .join(" ");
  const line = `${program} list --all --json | true`;
  const { status, stderr } = await run("sh", ["-c", line], { cwd: repo.path, env: repo.env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("--summary counts, and says what each blocked spec waits for and what needs a person", async () => {
  await using repo = await tempProject({ specs: SPECS });
  await writeSpec(repo, "2026-01-02-001-ggg", {
    title: "Waits for much",
    dependsOn: ["2026-01-01-005-eee", "2026-01-09-001-zzz", "2026-01-01-004-ddd"],
  });
  expect(await chantOk(repo, ["list", "--summary"])).toMatchInlineSnapshot(`
    "1 failed, 2 pending, 2 blocked, 1 completed, 1 cancelled.

    Blocked:
      2026-01-01-003-ccc  Blocked
        waits for 2026-01-01-002-bbb "Ready now", which is not completed yet
      2026-01-02-001-ggg  Waits for much
        waits for 2026-01-01-005-eee "Cancelled", which is cancelled
        waits for 2026-01-09-001-zzz, which does not exist
        waits for 2026-01-01-004-ddd "Failed", which is not completed yet

    For a person (chant why ID):
      2026-01-01-004-ddd  Failed
        failed: criterion 1 is open
    "
  `);
  expect(await chantOk(repo, ["list", "--status", "blocked"])).toMatchInlineSnapshot(`
    "2026-01-01-003-ccc  blocked  0/1  Blocked (waits for 2026-01-01-002-bbb "Ready now", which is not completed yet)
    2026-01-02-001-ggg  blocked  0/1  Waits for much (waits for 2026-01-01-005-eee "Cancelled", which is cancelled, and 2 more)
    "
  `);
  const data = await chantJson<{ counts: object; blocked: object[]; attention: object[] }>(repo, [
    "list",
    "--summary",
    "--label",
    "big",
  ]);
  expect(data).toMatchInlineSnapshot(`
    {
      "attention": [],
      "blocked": [
        {
          "id": "2026-01-01-003-ccc",
          "title": "Blocked",
          "waitsFor": [
            {
              "id": "2026-01-01-002-bbb",
              "title": "Ready now",
              "why": "is not completed yet",
            },
          ],
        },
      ],
      "counts": {
        "blocked": 1,
      },
    }
  `);
});
