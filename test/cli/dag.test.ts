import { expect, test } from "vitest";
import { chantInProcess } from "../kit/in-process.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";
const C = "2026-01-01-003-ccc";
const D = "2026-01-01-004-ddd";
const E = "2026-01-01-005-eee";

test("the tree shows members and dependencies, then the critical path and the width", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "Schema", status: "completed" },
      [B]: { title: "API", dependsOn: [A, "2026-01-01-00z-zzz"] },
      [C]: { title: "Shop", type: "driver" },
      [`${C}.1`]: { title: "Cart", dependsOn: [B], labels: ["ui"] },
      [`${C}.2`]: { title: "Till \u001b[31m", dependsOn: [`${C}.1`], labels: ["ui"] },
      [D]: { title: "Done long ago", status: "cancelled" },
      [E]: { title: "Alone" },
    },
  });
  const { status, stdout, stderr } = await chantInProcess(repo, ["dag"]);
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: "Not shown: 1 spec, completed or cancelled (see them with --all).\n",
  });
  expect(stdout).toMatchInlineSnapshot(`
    "2026-01-01-003-ccc        pending    Shop (driver)
    ├ 2026-01-01-003-ccc.1    blocked    Cart
    │ ↓ 2026-01-01-002-bbb    blocked    API
    │ ├ 2026-01-01-001-aaa    completed  Schema
    │ └ 2026-01-01-00z-zzz    missing
    └ 2026-01-01-003-ccc.2    blocked    Till \\x1b[31m
      ↓ 2026-01-01-003-ccc.1  (above)
    2026-01-01-005-eee        pending    Alone

    Critical path: 3 specs, one after the other: 2026-01-01-002-bbb -> 2026-01-01-003-ccc.1 -> 2026-01-01-003-ccc.2
    Width: 2 specs can be worked at once.
    "
  `);
  expect((await chantInProcess(repo, ["dag", "--all"])).stdout).toContain("Done long ago");
  const around = (await chantInProcess(repo, ["dag", "bbb"])).stdout;
  expect(around).toContain("Shop");
  expect(around).not.toContain("Alone");
  // The members are joined, though what lies between is left out.
  const ui = (await chantInProcess(repo, ["dag", "--label", "ui"])).stdout;
  expect(ui.split("\n").slice(0, 3)).toEqual([
    `${C}.2    blocked  Till \\x1b[31m`,
    `↓ ${C}.1  blocked  Cart`,
    "",
  ]);
  expect((await chantInProcess(repo, ["dag", "nowhere"])).status).toBe(1);
});

test("cycles are shown in every format, and none of them hangs", async () => {
  await using repo = await tempProject({
    specs: { [A]: { dependsOn: [B] }, [B]: { dependsOn: [A] }, [C]: { dependsOn: [C] } },
  });
  const { stdout } = await chantInProcess(repo, ["dag"]);
  expect(stdout).toContain(`Cycle: ${A} -> ${B} -> ${A} wait for each other.`);
  expect(stdout).toContain(`Cycle: ${C} waits for itself.`);
  expect(stdout).toContain("(in a cycle)");
  expect(stdout).toContain("Critical path: none");
  const json = JSON.parse((await chantInProcess(repo, ["dag", "--json"])).stdout) as { data: unknown };
  expect(json.data).toMatchObject({ cycles: [[A, B], [C]], criticalPath: [], width: { specs: 0 } });
  for (const format of ["dot", "mermaid"]) {
    expect((await chantInProcess(repo, ["dag", "--format", format])).status).toBe(0);
  }
});

test("whatever stands in a title stays a title for Graphviz and Mermaid", async () => {
  const title = String.raw`"]; evil [label="x\"]` + " `<b>` #1 & {y} | end \\";
  await using repo = await tempProject({ specs: { [A]: { title }, [`${A}.1`]: {} } });
  const dot = (await chantInProcess(repo, ["dag", "--format", "dot"])).stdout;
  const label = /^ {2}"2026-01-01-001-aaa" \[label="((?:[^"\\]|\\.)*)", tooltip/m.exec(dot)?.[1] ?? "";
  expect(label.replaceAll(/\\(["\\])/g, "$1")).toBe(`${A}\\n${title}`);
  expect(dot).toContain(`  "${A}.1" -> "${A}" [style=dashed, arrowhead=odiamond];`);
  const mermaid = (await chantInProcess(repo, ["dag", "--format", "mermaid"])).stdout;
  const words = /^ {2}n0\[\["2026-01-01-001-aaa<br>([^"]*)"\]\]$/m.exec(mermaid)?.[1] ?? "";
  expect(words.replaceAll(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toBe(title);
  expect(words).not.toMatch(/[<>&"`[\]{}|\\]/);
  expect(mermaid).toContain("  n1 -.-> n0");
});
