import { expect, test } from "vitest";
import { chant } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";

test("--version prints the version and nothing else", async () => {
  await using repo = await tempProject();
  const { status, stdout, stderr } = await chant(repo, ["--version"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await repo.status()).toBe("");
});
