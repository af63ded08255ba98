import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, specText, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";

test("configuration, another spec and a link that nobody asked for wait for a person, who can let them land", async () => {
  const script = `echo >>.chant/config.md
sed -i s/Two/Three/ .chant/specs/${B}.md
ln -s /etc/passwd link
${goodScript("one.txt")}`;
  await using repo = await tempProject({
    specs: { [A]: { title: "One", script }, [B]: { title: "Two", status: "completed" } },
  });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  expect(await statusOn(repo, A)).toBe("needs_attention");
  const why = await chantOk(repo, ["why", A]);
  for (const part of [".chant/config.md", `.chant/specs/${B}.md`, "link", "target_files"]) {
    expect(why).toContain(part);
  }
  expect(repo.has("link")).toBe(false);
  expect((await chant(repo, ["finalize", A])).status).toBe(1);
  await chantOk(repo, ["finalize", A, "--force"]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(repo.has("link")).toBe(true);
  await expectNoTraces(repo);
});

test("what target_files named when the spec started lands; what its agent added to them does not", async () => {
  const script = `mkdir -p .claude; echo '{}' >.claude/settings.json\n${goodScript("one.txt")}`;
  const late = `sed -i 's/^status:/target_files: [.mcp.json]\\nstatus:/' .chant/specs/${B}.md
echo '{}' >.mcp.json
${goodScript("two.txt")}`;
  await using repo = await tempProject({
    specs: {
      [A]: { title: "One", script, front: "target_files: [.claude/]\n" },
      [B]: { title: "Two", script: late },
    },
  });
  await chantOk(repo, ["work", A]);
  expect(await repo.read(".claude/settings.json")).toBe("{}\n");
  expect((await chant(repo, ["work", B])).status).toBe(1);
  expect(await chantOk(repo, ["why", B])).toContain(".mcp.json");
});

test("what an agent merged in from the target is the target's own", async () => {
  const script = `cd "$CHANT_HOME"; echo >>.chant/config.md; git commit -q -a -m "By the user"
cd "$CHANT_WORKTREE"; git merge -q main
${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});

for (const [name, script, reason] of [
  ["removes its worktree", 'rm -rf "$CHANT_WORKTREE"', "is gone"],
  ["has git remove its worktree", 'git worktree remove --force "$CHANT_WORKTREE"', "is gone"],
  ["puts a branch where its own was", 'git branch -m "$CHANT_BRANCH/x"', "cannot be judged"],
] as const) {
  test(`an agent that ${name}: a person is asked at once, and a reset clears up`, async () => {
    await using repo = await tempProject({
      specs: { [A]: { title: "One", script: `${goodScript("one.txt")}\n${script}` } },
    });
    expect((await chant(repo, ["work", A])).status).toBe(1);
    expect(await statusOn(repo, A)).toBe("needs_attention");
    expect(await chantOk(repo, ["why", A])).toContain(reason);
    await chantOk(repo, ["reset", A]);
    expect((await repo.branches()).filter((branch) => !branch.endsWith("/x"))).toEqual(["main"]);
    expect(await repo.git("for-each-ref", "refs/chant/snapshots/")).not.toBe("");
  });
}

test("a folder in place of the status file does not matter", async () => {
  const script = `rm -f .chant-status.json; mkdir -p .chant-status.json/x\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});

test("with a split index the work lands all the same", async () => {
  const script = `echo more >>README.md\n${goodScript("one.txt")}`;
  await using repo = await tempProject({
    files: { "README.md": "# x\n" },
    specs: { [A]: { title: "One", script } },
  });
  await repo.git("config", "core.splitIndex", "true");
  await repo.git("update-index", "--split-index");
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await repo.read("README.md")).toBe("# x\nmore\n");
  await expectNoTraces(repo);
});

test("an agent that commits straight onto the target: a person is asked, and can let it stand", async () => {
  const script = `git switch -q --ignore-other-worktrees main\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  expect(await statusOn(repo, A)).not.toBe("completed");
  expect(await chantOk(repo, ["why", A])).toContain("the branch that the run lands on");
});

test("a spec that is not UTF-8 is broken, and no command writes to it", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One" }, [B]: { title: "Two" } } });
  const path = join(repo.path, ".chant", "specs", `${A}.md`);
  const bytes = Buffer.from(specText({ title: "Caf\u00e9", script: goodScript("one.txt") }), "latin1");
  await writeFile(path, bytes);
  await repo.commitAll("In Latin 1");
  for (const args of [
    ["work", A],
    ["cancel", A],
    ["start", A, "--here"],
    ["reset", A],
    ["tick", A, "1"],
  ]) {
    expect((await chant(repo, args)).status).not.toBe(0);
    expect(await readFile(path)).toEqual(bytes);
  }
  expect(await chantOk(repo, ["list", "--all"])).toContain("not UTF-8");
  expect(await repo.status()).toBe("");
});

test("an agent that makes its spec something else than UTF-8 is told", async () => {
  const script = `printf '\\351\\n' >>"$CHANT_SPEC_FILE"; echo x >one.txt; git add -A; git commit -q -m x`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  expect(await chantOk(repo, ["why", A])).toContain("not UTF-8");
});

test("a pipe in place of the spec in a worktree keeps no command waiting", async () => {
  const script = `rm "$CHANT_SPEC_FILE"; mkfifo "$CHANT_SPEC_FILE"`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  expect((await chant(repo, ["work", A], { limitMs: 30_000 })).status).toBe(1);
  for (const args of [["list"], ["show", A], ["why", A], ["status"], ["tick", A]]) {
    const { status, signal } = await chant(repo, args, { limitMs: 5_000 });
    expect({ args, signal, isEnded: status !== 70 }).toEqual({ args, signal: undefined, isEnded: true });
  }
});

test("an empty or torn record of a run is told, and holds no other spec up", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "One", status: "in_progress" },
      [B]: { title: "Two", script: goodScript("two.txt") },
    },
  });
  for (const content of ["", '{ "version": 1, "id":', "null"]) {
    await repo.write({ [`.git/chant/runs/${A}.json`]: content });
    await chantOk(repo, ["list"]);
    const { status, stderr } = await chant(repo, ["reset", A]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${A}.json`);
    expect(stderr).not.toContain("internal error");
  }
  const { status, stdout, stderr } = await chant(repo, ["work", B]);
  expect({ status, told: (stdout + stderr).includes("empty or torn") }).toEqual({ status: 0, told: true });
  expect(await statusOn(repo, B)).toBe("completed");
});

test("an agent that removes the .git of its worktree: it lands, and nothing is left", async () => {
  const script = `${goodScript("one.txt")}\nrm .git`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  await chantOk(repo, ["work", A]);
  expect(await statusOn(repo, A)).toBe("completed");
  expect(await readdir(repo.worktrees)).toEqual([]);
  await expectNoTraces(repo);
});

test("a repository that an agent made of its worktree is left alone", async () => {
  const script = `${goodScript("one.txt")}\nrm .git; git init -q; git add -A; git commit -q -m own`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  await chant(repo, ["work", A]);
  await chant(repo, ["reset", A]);
  expect(existsSync(join(repo.worktrees, `chant-${A}`, ".git", "HEAD"))).toBe(true);
});

test("a spec whose prompt is not there fails with that reason, before its agent starts", async () => {
  await using repo = await tempProject({
    specs: { [A]: { title: "One", front: "prompt: nowhere\n", script: goodScript("one.txt") } },
  });
  const { status, stdout } = await chant(repo, ["work"]);
  expect(status).toBe(1);
  expect(stdout).toContain('There is no prompt "nowhere" in .chant/prompts');
  expect(repo.has("one.txt")).toBe(false);
  expect(await statusOn(repo, A)).toBe("failed");
});

test("a git that somebody kills while a run is judged costs the run nothing", async () => {
  await using repo = await tempProject({ specs: { [A]: { title: "One", script: goodScript("one.txt") } } });
  const bin = join(repo.root, "bin");
  const killed = join(repo.root, "killed");
  await mkdir(bin);
  const wrapper = `#!/bin/sh
case " $* " in *" ls-files --modified "*) [ -e ${killed} ] || { echo x >${killed}; kill -9 $$; } ;; esac
PATH=\${PATH#*:} exec git "$@"
`;
  await writeFile(join(bin, "git"), wrapper, { mode: 0o755 });
  await chantOk(repo, ["work"], { env: { PATH: `${bin}:${repo.env["PATH"] ?? ""}` } });
  expect(existsSync(killed)).toBe(true);
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});
