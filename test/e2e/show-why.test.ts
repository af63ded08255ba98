import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const SPECS = {
  [A]: { title: "First", criteria: ["One", "Two"], body: "Some prose." },
  [B]: { title: "Second", dependsOn: [A], labels: ["ui"] },
};

test("show tells all that is known, then the text", async () => {
  await using repo = await tempProject({ specs: SPECS });
  expect(await chantOk(repo, ["show", "aaa"])).toMatchInlineSnapshot(`
    "2026-01-01-001-aaa  First
    pending

    file:       .chant/specs/2026-01-01-001-aaa.md
    type:       code
    needed by:  2026-01-01-002-bbb

    # First

    Some prose.

    ## Acceptance Criteria

    - [ ] One
    - [ ] Two
    "
  `);
  expect(await chantJson(repo, ["show", "bbb"])).toMatchInlineSnapshot(`
    {
      "archived": false,
      "body": "
    # Second

    ## Acceptance Criteria

    - [ ] It works
    ",
      "commits": [],
      "criteria": {
        "done": 0,
        "total": 1,
      },
      "criteriaList": [
        {
          "number": 1,
          "text": "It works",
          "ticked": false,
        },
      ],
      "dependencies": [
        {
          "id": "2026-01-01-001-aaa",
          "state": "open",
        },
      ],
      "dependents": [],
      "dependsOn": [
        "2026-01-01-001-aaa",
      ],
      "id": "2026-01-01-002-bbb",
      "labels": [
        "ui",
      ],
      "members": [],
      "notReady": "it waits for 2026-01-01-001-aaa, which is not completed yet",
      "path": ".chant/specs/2026-01-01-002-bbb.md",
      "ready": false,
      "status": "blocked",
      "title": "Second",
      "type": "code",
      "waitsFor": [
        {
          "id": "2026-01-01-001-aaa",
          "title": "First",
          "why": "is not completed yet",
        },
      ],
    }
  `);
});

test("why answers in words, and says what to type next", async () => {
  const specs = { ...SPECS, [A]: { ...SPECS[A], script: "true" } };
  await using repo = await tempProject({ specs });
  expect(await chantOk(repo, ["why", "aaa"])).toMatchInlineSnapshot(`
    "2026-01-01-001-aaa (First) is pending.
    It is ready: nothing holds it back.
      $ chant work 2026-01-01-001-aaa
    "
  `);
  expect(await chantOk(repo, ["why", "bbb"])).toMatchInlineSnapshot(`
    "2026-01-01-002-bbb (Second) is blocked.
    It waits for 2026-01-01-001-aaa (First), which is not completed yet: it is pending.
      $ chant why 2026-01-01-001-aaa
    "
  `);
  expect(await chantJson(repo, ["why", "bbb"])).toMatchObject({
    id: B,
    status: "blocked",
    next: [`chant why ${A}`],
  });
});

test("a circle of dependencies is told as one, and a missing dependency as missing", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "First", dependsOn: [B] },
      [B]: { title: "Second", dependsOn: [A, "2026-01-01-009-zzz"] },
    },
  });
  expect(await chantOk(repo, ["why", "aaa"])).toMatchInlineSnapshot(`
    "2026-01-01-001-aaa (First) is blocked.
    They wait for each other in a circle, which chant cannot resolve: 2026-01-01-001-aaa → 2026-01-01-002-bbb → 2026-01-01-001-aaa.
    It waits for 2026-01-01-002-bbb (Second), which is not completed yet: it waits itself for 2 specs.
      $ chant why 2026-01-01-002-bbb
    "
  `);
  expect(await chantOk(repo, ["why", "bbb"])).toContain("2026-01-01-009-zzz, which does not exist");
});

test("approval, drivers and states of the file are reasons as well", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "Gate", front: "approval: { required: true, status: pending }\n" },
      "2026-01-01-003-ccc": { title: "Driver", type: "driver" },
      "2026-01-01-003-ccc.1": { title: "Member" },
      "2026-01-01-004-ddd": { title: "By hand", status: "in_progress" },
      "2026-01-01-005-eee": { title: "Sleeps", status: "paused" },
    },
  });
  expect(await chantOk(repo, ["why", "aaa"])).toContain("it is not approved yet");
  expect(await chantOk(repo, ["why", "ccc"])).toContain("it is a driver");
  expect(await chantOk(repo, ["why", "ddd"])).toContain("chant has no run of it");
  expect(await chantOk(repo, ["why", "eee"])).toContain("It is paused");
});

test("an unknown or ambiguous id is refused with what is there", async () => {
  await using repo = await tempProject({ specs: SPECS });
  for (const command of ["show", "why", "log", "tick"]) {
    const unknown = await chant(repo, [command, "2026-01-01-001-aab"]);
    expect(unknown).toMatchObject({ status: 1, stdout: "" });
    expect(unknown.stderr).toContain(`Did you mean ${A}?`);
    const ambiguous = await chant(repo, [command, "2026"]);
    expect(ambiguous).toMatchObject({ status: 1, stdout: "" });
    expect(ambiguous.stderr).toContain("matches 2 specs");
  }
  for (const command of ["show", "why", "log"]) {
    const without = await chant(repo, [command]);
    expect(without).toMatchObject({ status: 2, stdout: "" });
    expect(without.stderr).toContain(`chant ${command} --help`);
  }
});
