import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type Reliability, reliabilityPage, sumUp } from "./kit/reliability.ts";

const read = (name: string): Promise<string> =>
  readFile(new URL(`../docs/reference/${name}`, import.meta.url), "utf8");

test("docs/reference/reliability.md says what the figures beside it say, and all came through", async () => {
  const figures = JSON.parse(await read("reliability.json")) as Reliability;
  expect(await read("reliability.md")).toBe(reliabilityPage(figures));
  expect(figures.suites.length).toBeGreaterThan(10);
  for (const { suite, figures: counted } of figures.suites) {
    const survived = counted["came through"];
    expect({ suite, survived }).toEqual({ suite, survived: counted["tried"] });
  }
  const lost = figures.suites.flatMap(({ figures: counted }) => counted["lost commits"] ?? []);
  expect(lost).toEqual([0]);
});

const line = (suite: string, figures: Readonly<Record<string, number>>): string =>
  JSON.stringify({ suite, figures });

test("lines of one suite add up", () => {
  const lines = [
    line("b", { tried: 2, kills: 1 }),
    line("a", { tried: 12_345 }),
    line("b", { tried: 4, more: 1 }),
  ];
  const suites = sumUp(`${lines.join("\n")}\n`);
  expect(suites).toEqual([
    { suite: "a", figures: { tried: 12_345 } },
    { suite: "b", figures: { tried: 6, kills: 1, more: 1 } },
  ]);
  const page = reliabilityPage({ command: "c", date: "d", git: "g", node: "n", system: "s", suites });
  expect(page).toContain("| a | 12,345 |  |  |\n| b | 6 |  | 1 kills, 1 more |");
});
