import { expect, test } from "vitest";
import { archive } from "../../src/app/archive.ts";
import { openWorkspace } from "../../src/app/workspace.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { type SpecDraft, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";

const DONE: SpecDraft = { status: "completed", front: "completed_at: 2026-01-10T00:00:00Z\n" };
const SPECS: Readonly<Record<string, SpecDraft>> = {
  "2026-01-01-001-aaa": { ...DONE, title: "Parse the exit status", labels: ["cli"] },
  "2026-01-02-001-bbb": {
    title: "Sort by name",
    body: "An exit of the parser shall not matter.",
    labels: ["ui", "cli"],
  },
  "2026-01-03-001-ccc": { title: "Exit codes", status: "failed", front: "attention: { reason: no }\n" },
  "2026-01-04-001-ddd": { title: "Nothing of it", body: "Escapes \u001b[2J exits" },
};

const ids = async (repo: TempRepo, ...args: readonly string[]): Promise<string> =>
  (await chantInProcess(repo, ["search", ...args])).stdout.replaceAll(/^(?: .*|2026-01-0(\d).*)\n/gm, "$1");

test("search prints the best first, with the match marked", async () => {
  await using repo = await tempProject({ specs: SPECS });
  expect(await chantInProcess(repo, ["search", "exit*"])).toMatchInlineSnapshot(`
    {
      "status": 0,
      "stderr": "",
      "stdout": "2026-01-03-001-ccc  failed     **Exit** codes
    2026-01-01-001-aaa  completed  Parse the **exit** status
    2026-01-04-001-ddd  pending    Nothing of it
        Escapes [2J **exits** ## Acceptance Criteria - [ ] It works
    2026-01-02-001-bbb  pending    Sort by name
        An **exit** of the parser shall not matter. ## Acceptance Criteria - [ ] It works
    ",
    }
  `);
  expect(await repo.status()).toBe("");
  expect(JSON.parse((await chantInProcess(repo, ["search", "--json", "matter"])).stdout))
    .toMatchInlineSnapshot(`
    {
      "data": {
        "found": [
          {
            "excerpt": {
              "matches": [
                [
                  32,
                  38,
                ],
              ],
              "text": "An exit of the parser shall not matter. ## Acceptance Criteria - [ ] It works",
            },
            "id": "2026-01-02-001-bbb",
            "isArchived": false,
            "labels": [
              "ui",
              "cli",
            ],
            "path": ".chant/specs/2026-01-02-001-bbb.md",
            "status": "pending",
            "title": {
              "matches": [],
              "text": "Sort by name",
            },
          },
        ],
        "inArchive": 0,
        "total": 1,
      },
      "version": 1,
    }
  `);
});

test("flags choose, and words, phrases and prefixes are understood", async () => {
  await using repo = await tempProject({ specs: SPECS });
  expect(await ids(repo, "exit")).toBe("312");
  expect(await ids(repo, "--title", "exit")).toBe("31");
  expect(await ids(repo, '"exit status"')).toBe("1");
  expect(await ids(repo, "exit", "parser")).toBe("2");
  expect(await ids(repo, "--status", "failed", "--status", "pending", "exit")).toBe("32");
  expect(await ids(repo, "--label", "cli", "--label", "ui", "exit")).toBe("2");
  expect(await ids(repo, "--since", "2026-01-02", "exit")).toBe("32");
  expect(await ids(repo, "--since", "1d", "exit")).toBe("");
  expect(await ids(repo, "--limit", "1", "exit")).toBe("3");
  expect((await chantInProcess(repo, ["search", "--limit", "1", "exit"])).stderr).toBe(
    "Not shown: 2 matches more (see with --limit).\n",
  );
});

test("no match is no failure; what cannot be asked is misuse", async () => {
  await using repo = await tempProject({ specs: SPECS });
  expect(await chantInProcess(repo, ["search", "zebra", "NEAR("])).toEqual({
    status: 0,
    stdout: "",
    stderr: "No spec matches.\n",
  });
  expect(await chantInProcess(repo, ["search", '"*"'])).toMatchObject({ status: 2, stdout: "" });
  const soon = await chantInProcess(repo, ["search", "--since", "soon", "exit"]);
  expect(soon.status).toBe(2);
  expect(soon.stderr).toContain("--since takes a day such as 2026-01-31");
  expect(await chantInProcess(repo, ["search", "--limit", "0", "exit"])).toMatchObject({ status: 2 });
});

test.each(["", ".chant/archive/\n"])(
  "the archive is searched when asked (ignored by git: %j)",
  async (ignored) => {
    await using repo = await tempProject({ specs: SPECS, files: { ".gitignore": ignored } });
    await archive(
      await openWorkspace(repo.path, {}),
      { ids: ["2026-01-01-001-aaa"], isDryRun: false },
      () => {},
    );
    expect(await ids(repo, "exit")).toBe("32");
    expect((await chantInProcess(repo, ["search", "status"])).stderr).toBe(
      "No active spec matches; 1 match in the archive (see with --archived).\n",
    );
    const { stdout } = await chantInProcess(repo, ["search", "--archived", "status"]);
    expect(stdout).toBe("2026-01-01-001-aaa  completed  Parse the exit **status** (archived)\n");
  },
);
