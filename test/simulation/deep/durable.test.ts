import { expect, test, vi } from "vitest";
import { findRepository } from "../../../src/git/repository.ts";
import { writeIntent } from "../../../src/git/intent.ts";
import { newObject, storeObjects } from "../../../src/git/objects.ts";
import { recoverPublish } from "../../../src/git/recover.ts";
import { flushWork } from "../../../src/git/flush-work.ts";
import { ObjectReader } from "../../../src/git/object-reader.ts";
import { swapRef } from "../../../src/git/refs.ts";
import { freezeWorktree, makeShadow } from "../../../src/git/shadow.ts";
import { keepSnapshot } from "../../../src/git/snapshot.ts";
import { Trees } from "../../../src/git/tree.ts";
import { addDetachedWorktree } from "../../../src/git/worktree.ts";
import { createAtomic, writeAtomic } from "../../../src/host/files.ts";
import { HOME } from "./commands.ts";
import { simulateGlobals } from "./faces/globals.ts";
import { add, checkoutAt, commit, saveFile } from "./git/porcelain.ts";
import { History } from "./history.ts";
import type { Machine } from "./machine.ts";

vi.mock("node:fs", () => import("./faces/fs.ts"));
vi.mock("node:fs/promises", () => import("./faces/fs-promises.ts"));
vi.mock("node:child_process", () => import("./faces/child-process.ts"));
vi.mock("node:zlib", () => import("./faces/zlib.ts"));
vi.mock("node:crypto", () => import("./faces/crypto.ts"));
vi.mock("../../../src/host/identity.ts", async (original) => ({
  ...(await original<object>()),
  ...(await import("./faces/identity.ts")),
}));
vi.mock("../../../src/host/effects.ts", async (original) => ({
  ...(await original<object>()),
  ...(await import("./faces/effects.ts")),
}));

/** Losses of power each thing is tried with. */
const LOSSES = 60;

/** Does something as a process of a machine that loses its power at once when it is done, again and again. */
async function afterLosses(
  work: (machine: Machine) => Promise<void>,
  look: (machine: Machine) => void,
): Promise<void> {
  using _globals = simulateGlobals();
  for (let seed = 1; seed <= LOSSES; seed += 1) {
    const { machine } = new History(seed);
    machine.start("chant", "worker", async () => {
      await work(machine);
      machine.losePower();
      return 0;
    });
    await machine.run(machine.monotonicMs + 1_000, () => machine.powerLosses > 0);
    expect(machine.faults).toEqual([]);
    expect(machine.powerLosses).toBe(1);
    look(machine);
  }
}

const SETTINGS = { author: "A <a@b.c>", committer: "A <a@b.c>", values: new Map() };

const NEW = "what is new, and long enough to be cut off in the middle\n";

test("a file that was replaced is the new one", () =>
  afterLosses(
    () => writeAtomic(`${HOME}/README.md`, NEW),
    ({ disk }) => expect(disk.text(`${HOME}/README.md`)).toBe(NEW),
  ));

test("a file that was made is there, whole", () =>
  afterLosses(
    async () => void (await createAtomic(`${HOME}/new.txt`, NEW)),
    ({ disk }) => expect(disk.text(`${HOME}/new.txt`)).toBe(NEW),
  ));

test("an object is whole or not there", () => {
  const object = newObject("sha1", "blob", Buffer.from(NEW));
  return afterLosses(
    async () => storeObjects(await findRepository(HOME), [object]),
    (machine) => {
      const { store } = checkoutAt(machine, HOME);
      const path = `${HOME}/.git/objects/${object.oid.slice(0, 2)}/${object.oid.slice(2)}`;
      const stored = store.object(object.oid)?.content ?? Buffer.alloc(0);
      if (machine.disk.find(path) !== undefined) expect(stored).toEqual(object.content);
    },
  );
});

/** Commits a file in a folder, as an agent's git does: of what it writes nothing is flushed. */
function commitAs(machine: Machine, parents: readonly string[], path: string): string {
  const { store } = checkoutAt(machine, HOME, { isFlushing: true, isFlushingObjects: false });
  const files = new Map(parents.flatMap((parent) => [...store.files(parent)]));
  files.set(path, { mode: "100644", oid: store.write("blob", Buffer.from(`${path}: ${NEW}`)) });
  return store.writeCommit(store.writeTree(files), parents, path);
}

test.each([
  ["a short history", false],
  ["one with a merge", true],
])("an agent's work is whole once it is flushed: %s", (_, hasMerge) => {
  let tip = "";
  return afterLosses(
    async (machine) => {
      const base = checkoutAt(machine, HOME).store.ref("refs/heads/main") ?? "";
      const one = commitAs(machine, [base], "folder/below/one.txt");
      tip = commitAs(
        machine,
        hasMerge ? [one, commitAs(machine, [base], "two.txt")] : [one],
        "folder/three.txt",
      );
      const repo = await findRepository(HOME);
      using reader = new ObjectReader(repo);
      await flushWork({ repo, reader, trees: new Trees(repo, reader) }, tip, base);
    },
    (machine) => {
      expect(checkoutAt(machine, HOME).store.isWhole([tip])).toBe(true);
    },
  );
});

test("a snapshot is whole, also where its objects were there already", () => {
  let snapshot = "";
  return afterLosses(
    async (machine) => {
      const base = checkoutAt(machine, HOME).store.ref("refs/heads/main") ?? "";
      const tip = commitAs(machine, [base], "folder/one.txt");
      const { tree } = checkoutAt(machine, HOME).store.commit(tip);
      const who = { settings: SETTINGS, nowMs: machine.nowMs, sign: false };
      const what = { tree, parents: [tip], reason: "Why not.", since: base };
      snapshot = await keepSnapshot(await findRepository(HOME), "2026-01-01-001-abc", what, who);
    },
    (machine) => {
      const { store } = checkoutAt(machine, HOME);
      const tip = store.ref(snapshot);
      expect(tip === undefined || store.isWhole([tip])).toBe(true);
    },
  );
});

test("an object that somebody else wrote is flushed when it is stored again", () => {
  const object = newObject("sha1", "blob", Buffer.from(NEW));
  return afterLosses(
    async (machine) => {
      const { store } = checkoutAt(machine, HOME, { isFlushing: true, isFlushingObjects: false });
      store.write("blob", Buffer.from(NEW));
      await storeObjects(await findRepository(HOME), [object]);
    },
    (machine) => expect(checkoutAt(machine, HOME).store.object(object.oid)?.content).toEqual(object.content),
  );
});

test("a ref names the old commit or the new one", () =>
  afterLosses(
    async (machine) => {
      const { store } = checkoutAt(machine, HOME);
      const old = store.ref("refs/heads/main") ?? "";
      const now = store.writeCommit(store.commit(old).tree, [old], "Second commit");
      expect(await swapRef(await findRepository(HOME), "refs/heads/main", now, old, "")).toBe(true);
    },
    (machine) => {
      const { store } = checkoutAt(machine, HOME);
      const tip = store.ref("refs/heads/main");
      expect(tip && store.commit(tip).message).toMatch(/^(First|Second) commit\n$/);
    },
  ));

test("what git knows a worktree by is whole once it is registered", () => {
  const path = "/wt/one";
  let adminDir = "";
  let before: readonly (string | undefined)[] = [];
  const picture = ({ disk }: Machine): readonly (string | undefined)[] =>
    [`${path}/.git`, ...["gitdir", "commondir", "HEAD"].map((name) => `${adminDir}/${name}`)].map((file) =>
      disk.text(file),
    );
  return afterLosses(
    async (machine) => {
      machine.disk.makeFolder(path);
      const tip = checkoutAt(machine, HOME).store.ref("refs/heads/main") ?? "";
      const place = { path, run: "0123456789abcdef", commit: tip };
      ({ adminDir } = await addDetachedWorktree(await findRepository(HOME), SETTINGS, place));
      before = picture(machine);
    },
    (machine) => {
      expect(before).not.toContain(undefined);
      // It is put in place last, which may be undone.
      const isRegistered = machine.disk.find(adminDir) !== undefined;
      expect(picture(machine)).toEqual(isRegistered ? before : [before[0], undefined, undefined, undefined]);
    },
  );
});

test("what a worktree is judged by is whole once it is frozen", () => {
  const folder = `${HOME}/.git/chant/shadow`;
  let before: ReadonlyMap<string, string> = new Map();
  const picture = ({ disk }: Machine): ReadonlyMap<string, string> =>
    new Map(disk.filesBelow(folder).map((name) => [name, disk.text(`${folder}/${name}`) ?? ""]));
  return afterLosses(
    async (machine) => {
      const repo = await findRepository(HOME);
      const shadow = await makeShadow(repo, folder, SETTINGS);
      await freezeWorktree(repo, shadow, `${HOME}/.git`, ["/.chant-status.json"]);
      before = picture(machine);
    },
    (machine) => {
      expect(before.size).toBeGreaterThan(5);
      expect(picture(machine)).toEqual(before);
    },
  );
});

test("the files are whole once a landing that was cut off at its beginning is recovered", () => {
  const [gitDir, ref] = [`${HOME}/.git`, "refs/heads/main"];
  return afterLosses(
    async (machine) => {
      const { store } = checkoutAt(machine, HOME);
      const from = store.ref(ref) ?? "";
      const landed = store.files(from);
      landed.set("README.md", { mode: "100644", oid: store.write("blob", Buffer.from(NEW)) });
      const to = store.writeCommit(store.writeTree(landed), [from], "Landed");
      const repo = await findRepository(HOME);
      await writeIntent(repo, { version: 1, ref, from, to, checkout: HOME, gitDir, owned: [] });
      expect(await recoverPublish(repo)).toBe(true);
    },
    ({ disk }) => expect(disk.text(`${HOME}/README.md`)).toBe(NEW),
  );
});

test("the index is whole once a landing that was cut off at its very end is recovered", () => {
  const [gitDir, ref] = [`${HOME}/.git`, "refs/heads/main"];
  let before: string | undefined;
  return afterLosses(
    async (machine) => {
      const repo = await findRepository(HOME);
      const at = checkoutAt(machine, HOME);
      const from = at.store.ref(ref) ?? "";
      saveFile(machine, `${HOME}/README.md`, NEW);
      add(at, "README.md");
      const to = commit(at, "Landed") ?? "";
      // Files, branch and index are there: only the intent was not forgotten yet.
      await writeIntent(repo, { version: 1, ref, from, to, checkout: HOME, gitDir, owned: [] });
      before = machine.disk.text(`${gitDir}/index`);
      expect(await recoverPublish(repo)).toBe(true);
    },
    ({ disk }) => {
      expect(before).toContain("README.md");
      expect(disk.text(`${gitDir}/index`)).toBe(before);
    },
  );
});
