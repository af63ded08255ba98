import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileFollower } from "../../src/host/follow-file.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** Follows a file while it is written in pieces, and returns its lines with where they end. */
async function follow(
  path: string,
  pieces: readonly (string | Buffer)[],
  options: { readonly fromBytes?: number; readonly limitBytes?: number } = {},
): Promise<readonly (readonly [string, number])[]> {
  const lines: [string, number][] = [];
  await writeFile(path, "");
  {
    await using follower = new FileFollower(
      path,
      options.fromBytes ?? 0,
      (line, endBytes) => lines.push([line, endBytes]),
      options.limitBytes,
    );
    for (const piece of pieces) {
      await appendFile(path, piece);
      await follower.read();
    }
  }
  return lines;
}

test("lines come whole, however the file is written, and the last one without an end too", async () => {
  await using folder = await tempFolder();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 8 }),
      fc.array(fc.nat(60)),
      async (words, cuts) => {
        const text = words.join("\n");
        const bytes = Buffer.from(text);
        const at = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) => a - b);
        const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
        const lines = await follow(join(folder.path, "f"), pieces);
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        expect(lines.map(([line]) => line)).toEqual(expected);
        let end = 0;
        for (const [line, endBytes] of lines) {
          end = Math.min(end + Buffer.byteLength(line) + 1, bytes.length);
          expect(endBytes).toBe(end);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test("from a position on, which a line end gave", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "f");
  const [first] = await follow(path, ["é1\né2\n"]);
  expect(await follow(path, ["é1\né2\n"], { fromBytes: first?.[1] ?? 0 })).toEqual([["é2", 8]]);
});

test("of a line that is too long the beginning comes, and what follows is in its place", async () => {
  await using folder = await tempFolder();
  const long = "x".repeat(300_000);
  expect(await follow(join(folder.path, "f"), [`a\n${long}`, `${long}\nb\n`], { limitBytes: 5 })).toEqual([
    ["a", 2],
    ["xxxxx", 600_003],
    ["b", 600_005],
  ]);
});

test("a file that is not there yet", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "later");
  const lines: string[] = [];
  await using follower = new FileFollower(path, 0, (line) => lines.push(line));
  await follower.read();
  await writeFile(path, "now\n");
  await follower.read();
  expect(lines).toEqual(["now"]);
});
