import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { packFile, readLines, readUnpacked } from "../../src/host/packed-file.ts";
import { listLogFiles, oldLogParts, putLogAside } from "../../src/store/log-files.ts";

const A = "2026-01-01-001-aaa";

async function withFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(process.env["CHANT_TEST_ROOT"] ?? "", "logs-"));
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a log and its raw part are put aside together, and a member's log is another spec's", async () => {
  await withFolder(async (logs) => {
    for (const name of [`${A}.log`, `${A}.raw`, `${A}.1.log`, "watch.log.1", "error.log"]) {
      await writeFile(join(logs, name), name);
    }
    await putLogAside(logs, A);
    await writeFile(join(logs, `${A}.log`), "again");
    // Nothing was printed this time: the raw part of the second is the file that is written to.
    await putLogAside(logs, A);
    const files = await listLogFiles(logs);
    expect([...files].map(([id, each]) => [id, each.map(({ name }) => name).toSorted()])).toEqual([
      [`${A}.1`, [`${A}.1.log`]],
      [A, [`${A}.log.1`, `${A}.log.2`, `${A}.raw.1`]],
    ]);
    const names = (await oldLogParts(logs, A)).map(({ log, raw }) =>
      [log, raw].map((path) => path.slice(logs.length + 1)),
    );
    expect(names).toEqual([
      [`${A}.log.1`, `${A}.raw.1`],
      [`${A}.log.2`, `${A}.raw`],
    ]);
  });
});

test("cut off between both, the headers of both logs still point into one raw part", async () => {
  await withFolder(async (logs) => {
    await writeFile(join(logs, `${A}.log.1.gz`), "");
    await writeFile(join(logs, `${A}.log`), "second");
    await writeFile(join(logs, `${A}.raw`), "of both");
    await putLogAside(logs, A);
    const raws = (await oldLogParts(logs, A)).map(({ raw }) => raw);
    expect(raws).toEqual([join(logs, `${A}.raw.2`), join(logs, `${A}.raw.2`)]);
  });
});

test("a packed file says the same, keeps its time, and takes the place of the other", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    const text = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join("");
    await writeFile(path, `${text}no end`);
    const at = new Date("2026-01-01T00:00:00Z");
    await utimes(path, at, at);
    await packFile(path);
    await packFile(path);
    expect(await readdir(folder)).toEqual(["file.gz"]);
    expect((await stat(`${path}.gz`)).mtimeMs).toBe(at.getTime());
    expect((await stat(`${path}.gz`)).size).toBeLessThan(text.length / 2);
    const lines: string[] = [];
    let end = 0;
    await readLines(`${path}.gz`, (line, endBytes) => {
      lines.push(line);
      end = endBytes;
    });
    expect([lines.length, lines.at(-1), end]).toEqual([20_001, "no end", text.length + 6]);
    const part: Buffer[] = [];
    await readUnpacked(`${path}.gz`, 70_000, 170_001, (piece) => void part.push(Buffer.from(piece)));
    expect(Buffer.concat(part).toString()).toBe(text.slice(70_000, 170_001));
  });
});

test("packed by several at once, as by a work and its watch, it says the same", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    const text = Array.from({ length: 30_000 }, (_, n) => `line ${n * n}\n`).join("");
    for (let turn = 0; turn < 20; turn += 1) {
      await writeFile(path, text);
      await Promise.all([packFile(path), delay(turn % 5).then(() => packFile(path)), packFile(path)]);
      expect(await readdir(folder)).toEqual(["file.gz"]);
      const parts: Buffer[] = [];
      await readUnpacked(`${path}.gz`, 0, Infinity, (piece) => void parts.push(Buffer.from(piece)));
      expect(Buffer.concat(parts).toString() === text).toBe(true);
      await rm(`${path}.gz`);
    }
  });
});

test("where it cannot be packed, the file stays", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "file");
    await writeFile(path, "x");
    await mkdir(`${path}.gz`);
    await expect(packFile(path)).rejects.toThrow();
    expect(await readFile(path, "utf8")).toBe("x");
    expect((await readdir(folder)).toSorted()).toEqual(["file", "file.gz"]);
  });
});
