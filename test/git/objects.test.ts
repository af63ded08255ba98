import fc from "fast-check";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ObjectReader } from "../../src/git/object-reader.ts";
import { hashObject, newObject, storeObjects } from "../../src/git/objects.ts";
import { git } from "../../src/git/program.ts";
import { commonPlace, findRepository } from "../../src/git/repository.ts";
import { eventually } from "../kit/eventually.ts";
import { processesWith, run } from "../kit/process.ts";
import { tempRepo } from "../kit/temp-repo.ts";

for (const hash of ["sha1", "sha256"] as const) {
  test(`objects that are stored are there for git: ${hash}`, async () => {
    await using repo = await tempRepo({}, { init: [`--object-format=${hash}`] });
    const repository = await findRepository(repo.path);
    const contents = [
      ...fc.sample(fc.uint8Array({ maxLength: 200 }), 20),
      new Uint8Array(0),
      new Uint8Array(300_000).fill(7),
      Buffer.from("caf\u00e9\r\n\0"),
    ];
    const objects = contents.map((content) => newObject(hash, "blob", content));
    await storeObjects(repository, objects);
    for (const { oid, content } of objects) {
      const stored = await git(commonPlace(repository), ["cat-file", "blob", oid]);
      expect(stored.stdout.equals(content)).toBe(true);
      const named = await git(commonPlace(repository), ["hash-object", "--stdin"], { input: content });
      expect(named.stdout.toString().trim()).toBe(oid);
    }
    await storeObjects(repository, objects);
    expect(await repo.git("fsck", "--strict", "--no-dangling", "--no-progress")).toBe("");
    expect(await leftovers(join(repo.path, ".git", "objects"))).toEqual([]);
  });
}

/** Files under a name that is not an object's. */
async function leftovers(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.includes("tmp_"));
}

test("a write that the disk cuts short leaves no broken object under its name", async () => {
  await using repo = await tempRepo();
  // A limit on the size of files, in blocks of 512 bytes: the write comes back short, as on a disk that is full.
  const script = `
    process.on("SIGXFSZ", () => {});
    const { newObject, storeObjects } = await import(process.argv[1]);
    const { randomBytes } = await import("node:crypto");
    const object = newObject("sha1", "blob", randomBytes(20_000));
    try {
      await storeObjects({ commonDir: process.argv[2], hash: "sha1" }, [object]);
      process.stdout.write("stored");
    } catch (error) {
      process.stdout.write(error.code);
    }`;
  const source = fileURLToPath(new URL("../../src/git/objects.ts", import.meta.url));
  const args = [process.execPath, "--input-type=module", "-e", script, source, join(repo.path, ".git")];
  const { stdout } = await run("sh", ["-c", 'ulimit -f 8 && exec "$@"', "sh", ...args], {
    cwd: repo.path,
    env: repo.env,
  });
  expect(stdout).toBe("EFBIG");
  expect(await leftovers(join(repo.path, ".git", "objects"))).toEqual([]);
  expect(await repo.git("fsck", "--no-dangling", "--no-progress")).toBe("");
});

test("objects are read wherever git keeps them", async () => {
  await using repo = await tempRepo({ "a.txt": "loose\n", "b/c.txt": "below\n" });
  const repository = await findRepository(repo.path);
  await repo.git("tag", "-a", "-m", "A tag", "v1");
  const commit = await repo.git("rev-parse", "HEAD");
  const tag = await repo.git("rev-parse", "v1");
  const blob = hashObject("sha1", "blob", Buffer.from("loose\n"));
  using before = new ObjectReader(repository);
  const look = async (reader: ObjectReader): Promise<void> => {
    expect((await reader.read(blob))?.content.toString()).toBe("loose\n");
    expect(await reader.read("HEAD:b/c.txt")).toMatchObject({ type: "blob" });
    expect((await reader.read("main:b/c.txt"))?.content.toString()).toBe("below\n");
    expect(await reader.read(commit)).toMatchObject({ oid: commit, type: "commit" });
    expect(await reader.read("v1")).toMatchObject({ oid: tag, type: "tag" });
    expect(await reader.read("v1^{commit}")).toMatchObject({ oid: commit, type: "commit" });
    expect(await reader.resolve("refs/heads/main")).toBe(commit);
    expect(await reader.resolve("HEAD")).toBe(commit);
    for (const name of [
      "0".repeat(40),
      "f".repeat(40),
      "HEAD:nothing",
      "refs/heads/none",
      "",
      "a b",
      "x\ny",
    ]) {
      expect(await reader.read(name)).toBeUndefined();
    }
    expect(await reader.resolve("refs/heads/none")).toBeUndefined();
    await expect(reader.require("HEAD:nothing")).rejects.toThrow("HEAD:nothing is missing");
  };
  await look(before);
  await repo.git("gc", "--quiet", "--prune=now");
  expect(await repo.git("count-objects")).toMatch(/^0 objects/);
  // The reader that looked before the objects moved finds them as well as a new one.
  await look(before);
  using after = new ObjectReader(repository);
  await look(after);
});

test("what is written after a reader has started is seen, and a ref is read anew each time", async () => {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  using reader = new ObjectReader(repository);
  expect(await reader.read("HEAD:later.txt")).toBeUndefined();
  for (let n = 0; n < 5; n += 1) {
    await repo.write({ "later.txt": `${n}\n` });
    const commit = await repo.commitAll(`Commit ${n}`);
    expect(await reader.resolve("refs/heads/main")).toBe(commit);
    expect((await reader.read("HEAD:later.txt"))?.content.toString()).toBe(`${n}\n`);
    await repo.git("pack-refs", "--all");
    expect(await reader.resolve("refs/heads/main")).toBe(commit);
    if (n === 3) await repo.git("repack", "-q", "-a", "-d");
  }
  await repo.git("update-ref", "-d", "refs/heads/main");
  expect(await reader.resolve("refs/heads/main")).toBeUndefined();
});

test("many questions at once each get their own answer", async () => {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  const objects = Array.from({ length: 100 }, (_, n) =>
    newObject("sha1", "blob", Buffer.alloc(n * 997, `${n}`)),
  );
  await storeObjects(repository, objects);
  await repo.git("update-ref", "refs/keep/tree", await repo.git("rev-parse", "HEAD^{tree}"));
  for (const { oid } of objects) await repo.git("update-ref", `refs/keep/${oid}`, oid);
  await repo.git("gc", "--quiet", "--prune=now");
  using reader = new ObjectReader(repository);
  const read = await Promise.all(
    objects.flatMap(({ oid }) => [reader.read(oid), reader.read(`${oid}^{tree}`)]),
  );
  for (const [n, { oid, content }] of objects.entries()) {
    expect(read[2 * n]?.oid).toBe(oid);
    expect(read[2 * n]?.content.equals(content)).toBe(true);
    expect(read[2 * n + 1]).toBeUndefined();
  }
});

test("after its git was killed a reader goes on with another one", async () => {
  await using repo = await tempRepo({ "a.txt": "one\n" });
  using reader = new ObjectReader(await findRepository(repo.path));
  const gits = () => processesWith("GIT_DIR", join(repo.path, ".git"));
  expect(await reader.read("HEAD:a.txt")).toBeDefined();
  for (const { pid } of gits()) process.kill(pid, "SIGKILL");
  expect((await reader.read("HEAD:a.txt"))?.content.toString()).toBe("one\n");
  for (const { pid } of gits()) process.kill(pid, "SIGKILL");
  await eventually("the reader's git is gone", [], () => gits().length === 0);
  const both = await Promise.all([reader.read("HEAD:a.txt"), reader.read("HEAD:nothing")]);
  expect(both.map((object) => object?.type)).toEqual(["blob", undefined]);
});

test("what is read of many objects takes no more memory than they are large", async () => {
  await using repo = await tempRepo();
  const repository = await findRepository(repo.path);
  const objects = Array.from({ length: 200 }, (_, n) =>
    newObject("sha1", "blob", Buffer.from(`${n} `.repeat(50))),
  );
  await storeObjects(repository, objects);
  using reader = new ObjectReader(repository);
  const held = new Set<ArrayBufferLike>();
  for (const { oid, content } of objects) {
    const read = (await reader.require(oid)).content;
    expect(read.equals(content)).toBe(true);
    held.add(read.buffer);
  }
  const heldBytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(heldBytes).toBeLessThan(500_000);
});
