import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserState } from "../../src/store/user-state.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);

test("changes of many at once are all there; what is torn counts as nothing; the same writes nothing", async () => {
  await using repo = await tempRepo({});
  const folder = join(repo.root, "state");
  const state = new UserState("numbers", numbers, folder);
  expect(await state.read()).toEqual([]);
  const add = (n: number): Promise<void> =>
    new UserState("numbers", numbers, folder).change(async (before) => ({
      after: [...before, n],
      result: undefined,
    }));
  await Promise.all(Array.from({ length: 20 }, (_, n) => add(n)));
  expect((await state.read()).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  const file = join(folder, "numbers.json");
  await writeFile(file, "[1, 2");
  expect(await state.read()).toEqual([]);
  expect(await state.change(async (before) => ({ after: before, result: "same" }))).toBe("same");
  expect(await readFile(file, "utf8")).toBe("[1, 2");
});

test("where its folder cannot be made, that is refused by name", async () => {
  await using repo = await tempRepo({});
  await mkdir(join(repo.root, "x"));
  await writeFile(join(repo.root, "x", "state"), "a file");
  const state = new UserState("numbers", numbers, join(repo.root, "x", "state", "chant"));
  expect(await state.read()).toEqual([]);
  await expect(state.change(async () => ({ after: [1], result: undefined }))).rejects.toMatchObject({
    code: "FILE_REFUSED",
  });
});
