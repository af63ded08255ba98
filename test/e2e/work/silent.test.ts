import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantJson, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject, writeSpec } from "../../kit/spec.ts";
import { tempRepo, type TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";
const C = "2026-01-01-003-abc";
const G = "2026-01-01-004-abc";

const onDisk = async (repo: TempRepo, id: string): Promise<string | undefined> =>
  /^status: (.+)$/m.exec(await repo.read(`.chant/specs/${id}.md`))?.[1];

/** What somebody sees who does not know of chant: nothing in the status, the history, or any file of it. */
async function expectSilence(repo: TempRepo): Promise<void> {
  expect(await repo.status()).toBe("");
  expect(await repo.git("log", "--all", "--format=%an %s%n%b")).not.toMatch(/chant/i);
  expect(await repo.git("log", "--all", "--format=", "--name-only")).not.toContain(".chant");
  expect(await repo.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main");
  expect(await repo.git("reflog", "show", "main")).not.toMatch(/chant/i);
}

test("a silent project is worked from init to landing, with dependencies and a group, and git sees the work alone", async () => {
  await using repo = await tempRepo();
  const init = await chant(repo, ["init", "--silent", "--defaults"]);
  expect({ status: init.status, stderr: init.stderr }).toMatchObject({
    status: 0,
    stderr: expect.stringContaining("note: This project is silent") as string,
  });
  expect(await repo.status()).toBe("");
  await repo.write({
    ".chant/config.md": `---\ndefaults: { agent: script }\nworktree: { root: ${JSON.stringify(repo.worktrees)} }\n---\n`,
  });
  const [id = ""] = (await chantOk(repo, ["add", "Write the notes", "--criterion", "They are there"])).split(
    /\s/,
  );
  const commit = await chant(repo, ["add", "Another", "--commit"]);
  expect(commit).toMatchObject({ status: 2, stderr: expect.stringContaining("nothing to commit") as string });
  await repo.write({
    [`.chant/specs/${id}.md`]: `${await repo.read(`.chant/specs/${id}.md`)}\n## Script\n\n\`\`\`sh\n${goodScript("notes.txt")}\n\`\`\`\n`,
  });
  await writeSpec(repo, A, {
    title: "First",
    script: `${goodScript("a.txt")}\ntest -e .chant/specs/${A}.md`,
  });
  await writeSpec(repo, B, {
    title: "Second",
    script: `test -e a.txt && ${goodScript("b.txt")}`,
    dependsOn: [A],
  });
  // Nothing is committed by this one: what it leaves is.
  await writeSpec(repo, C, { title: "Third", script: "echo left >c.txt\nchant tick --all" });
  await writeSpec(repo, G, { title: "Both", type: "driver", criteria: [] });
  await writeSpec(repo, `${G}.1`, { title: "One", script: goodScript("g1.txt") });
  await writeSpec(repo, `${G}.2`, { title: "Two", script: "chant tick --all" });
  await chantOk(repo, ["work", "--parallel=3"]);
  await expectNoTraces(repo);
  await expectSilence(repo);
  for (const file of ["a.txt", "b.txt", "g1.txt", "notes.txt"]) expect(await repo.read(file)).toBe("done\n");
  const listed = await chantJson<{ id: string; status: string }[]>(repo, ["list", "--all"]);
  expect(listed.map(({ id: each, status }) => `${each} ${status}`)).toEqual(
    [A, B, C, G, `${G}.1`, `${G}.2`, id].map((each) => `${each} completed`),
  );
  const first = await repo.read(`.chant/specs/${A}.md`);
  expect(first).toContain("- [x] It works");
  expect(first).toContain(`- ${await repo.git("log", "--format=%H", "--grep", "Add a.txt")}\n`);
  expect(await repo.git("log", "--format=%s", "--", "c.txt")).toBe("Third");
  const story = await chantJson<{ id: string; kind: string }[]>(repo, ["activity"]);
  expect(story.filter(({ kind }) => kind === "landed")).toHaveLength(6);
});

test("what does not land waits with a reason, and every command of a person's works on the files alone", async () => {
  await using repo = await tempProject({
    isSilent: true,
    files: { "shared.txt": "before\n" },
    config: "watch: { failure: { retry_delay_ms: 10, retryable_patterns: [try me again] } }\n",
    specs: {
      // The user changes the same line while it runs.
      [A]: {
        title: "Change the line",
        script: `echo theirs >shared.txt\nchant tick --all\ngit commit -qam "Change it"\ncd "$CHANT_HOME"\necho mine >shared.txt\ngit commit -qam "Mine"`,
      },
      // Fails once in a way that may pass.
      [B]: {
        title: "Flaky",
        script: `test -e "$CHANT_HOME/.git/tried" || { touch "$CHANT_HOME/.git/tried"; chant tick 1; echo "try me again"; exit 1; }\n${goodScript("b.txt")}`,
      },
      [C]: { title: "Bad", script: "exit 3" },
      [G]: {
        title: "Sneaky",
        script: `${goodScript("g.txt")}\ngit add -f .chant\ngit commit -qm "Sneak it in"`,
      },
    },
  });
  const work = await chant(repo, ["work", "--parallel=1", "--no-watch"]);
  expect(work.status).toBe(1);
  expect(await onDisk(repo, A)).toBe("needs_attention");
  expect(await repo.read(`.chant/specs/${A}.md`)).toContain("its work conflicts with main in shared.txt");
  expect(await onDisk(repo, B)).toBe("completed");
  expect(await onDisk(repo, C)).toBe("failed");
  expect(await chantOk(repo, ["why", C])).toContain("the agent exited with code 3");
  // The attempt that failed had ticked a box, which no commit holds: its snapshot does.
  const [kept = ""] = (
    await repo.git("for-each-ref", "--format=%(refname)", `refs/chant/snapshots/${B}`)
  ).split("\n");
  expect(await repo.git("show", `${kept}:.chant/specs/${B}.md`)).toContain("- [x] It works");
  expect(await repo.read(`.chant/specs/${G}.md`)).toContain("its commits hold");
  await chantOk(repo, ["reset", G]);
  await chantOk(repo, ["cancel", G]);
  await chantOk(repo, ["reset", C]);
  expect(await onDisk(repo, C)).toBe("pending");
  await chantOk(repo, ["reject", C, "--reason", "Not like this"]);
  expect(await repo.read(`.chant/specs/${C}.md`)).toContain("reason: Not like this");
  await chantOk(repo, ["approve", C]);
  expect(await repo.read(`.chant/specs/${C}.md`)).toContain("spec_hash:");
  await chantOk(repo, ["cancel", C, "--delete", "--yes"]);
  expect(repo.has(`.chant/specs/${C}.md`)).toBe(false);
  await chantOk(repo, ["restore", C]);
  expect(await onDisk(repo, C)).toBe("pending");
  // Solved by hand in the worktree, it lands.
  const [worktree = ""] = (await repo.git("worktree", "list", "--porcelain"))
    .split("\n")
    .filter((line) => line.endsWith(A));
  const place = worktree.replace("worktree ", "");
  await repo.gitIn(place, "merge", "-q", "-X", "ours", "main", "-m", "Bring main in");
  await chantOk(repo, ["finalize", A]);
  expect(await onDisk(repo, A)).toBe("completed");
  expect(await repo.read("shared.txt")).toBe("theirs\n");
  await chantOk(repo, ["archive", A]);
  expect(repo.has(`.chant/specs/${A}.md`)).toBe(false);
  expect(await chantOk(repo, ["show", A])).toContain("Change the line");
  await chantOk(repo, ["restore", A]);
  expect(await onDisk(repo, A)).toBe("completed");
  await expectNoTraces(repo);
  expect(await repo.git("log", "main", "--format=%s%n%b")).not.toMatch(/chant/i);
  // Neither way of keeping specs is mixed with the other.
  await repo.git("add", "-f", ".chant/specs");
  await repo.git("commit", "-qm", "Track them");
  expect(await chant(repo, ["work"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("but git tracks .chant/specs on this branch") as string,
  });
});

/** An agent that, started again, does what is left. */
const carefulScript = (name: string): string =>
  `echo done >>${name}.txt\nchant tick --all\ngit add -A\ngit diff --cached --quiet || git commit -q -m "Add ${name}"`;

// One of both builds will do: what is killed and recovered is the same code.
const isOnNode = process.env["CHANT_UNDER_TEST"] === "node";

test.skipIf(isOnNode)(
  "killed again and again, at one step after the other, each spec lands once",
  async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const specs = Object.fromEntries(
      names.map((name, at) => [
        `2026-01-01-00${at}-abc`,
        { title: `Make ${name}`, script: carefulScript(name) },
      ]),
    );
    await using repo = await tempProject({ isSilent: true, specs });
    const points = [
      "claim.record:after",
      "land.record:after",
      "silent.spec:before",
      "silent.proof:after",
      "publish.ref:after",
      "silent.spec:after",
      "clean.record:before",
      "clean.record:after",
      // Of a runner, which `work` survives: it carries all to its end.
      "runner.end:before",
    ];
    for (const [at, point] of points.entries()) {
      const once = join(repo.root, `once-${at}`);
      await writeFile(once, "");
      // The second time, so that one thing is done and another is not.
      const env = {
        CHANT_FAIL: point,
        CHANT_FAIL_ONCE: once,
        CHANT_FAIL_SKIP: point.startsWith("silent") ? "1" : "0",
      };
      await chant(repo, ["work", "--max=1", "--no-watch"], { env });
      expect(repo.has(`../once-${at}`), `${point} was met`).toBe(false);
    }
    await chantOk(repo, ["work", "--parallel=3", "--no-watch"]);
    // What stayed of a run that was cleared away all but its proof is the watch's to sweep.
    await chantOk(repo, ["watch", "--once"]);
    await expectNoTraces(repo);
    await expectSilence(repo);
    for (const name of names) {
      expect(await repo.read(`${name}.txt`)).toBe("done\n");
      expect(await repo.git("log", "--format=%s", "--", `${name}.txt`)).toBe(`Add ${name}`);
    }
    for (const id of Object.keys(specs)) expect(await onDisk(repo, id)).toBe("completed");
  },
);

test.skipIf(isOnNode)(
  "a silent run whose record was lost is taken up and lands; a linked worktree is sent to the main checkout",
  async () => {
    const wait = `while [ ! -e "$CHANT_HOME/.git/go" ]; do sleep 0.05; done`;
    await using repo = await tempProject({
      isSilent: true,
      specs: { [A]: { title: "Lost", script: `${wait}\n${goodScript("a.txt")}` } },
    });
    await chantOk(repo, ["work", "--no-wait", "--no-watch"]);
    const record = join(repo.path, ".git/chant/runs", `${A}.json`);
    await rm(record);
    await writeFile(join(repo.path, ".git/go"), "");
    await repo.quiet();
    await chantOk(repo, ["watch", "--once"]);
    expect(await onDisk(repo, A)).toBe("completed");
    expect(await repo.read("a.txt")).toBe("done\n");
    await expectNoTraces(repo);
    await expectSilence(repo);
    const linked = join(repo.root, "linked");
    await repo.git("worktree", "add", "-q", "-b", "other", linked);
    expect(await chant(repo, ["list"], { cwd: linked })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("This project is silent") as string,
    });
  },
);
