import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, tempProject } from "../../kit/spec.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";
const B = "2026-01-01-002-abc";

for (const victim of ["precious", "main"]) {
  test(`an agent that makes its branch a symbolic ref to ${victim}: that branch stays`, async () => {
    const script = `${goodScript("one.txt")}\ngit switch -q --detach\ngit symbolic-ref refs/heads/chant/${A} refs/heads/${victim}`;
    await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
    await repo.git("branch", "precious");
    const side = join(repo.root, "side");
    await repo.git("worktree", "add", "-q", side, "precious");
    await repo.gitIn(side, "commit", "-q", "--allow-empty", "-m", "Precious");
    const precious = await repo.git("rev-parse", "precious");
    await chant(repo, ["work", A]);
    expect(await repo.git("rev-parse", "precious")).toBe(precious);
    expect(await statusOn(repo, A)).toBe("completed");
    expect(await repo.status()).toBe("");
  });
}

test("a folder that becomes a file: what the user keeps in it, ignored, holds the landing", async () => {
  const script = `rm -rf conf\n${goodScript("conf")}`;
  await using repo = await tempProject({
    specs: { [A]: { title: "One", script } },
    files: { "conf/default.yml": "a\n", ".gitignore": "conf/local.yml\n" },
  });
  await repo.write({ "conf/local.yml": "secret\n" });
  const { status, stdout, stderr } = await chant(repo, ["work", A]);
  expect(status).toBe(75);
  expect(stdout + stderr).toContain("conf/local.yml");
  expect(await repo.read("conf/local.yml")).toBe("secret\n");
});

test("configuration in a nested repository of the agent's runs nothing of chant's", async () => {
  const script = `git init -q inner && cd inner && echo x >s.txt && git add s.txt && git commit -q -m inner
git config filter.evil.clean "touch $CHANT_HOME/../owned; cat"
mkdir -p .git/info && echo '* filter=evil' >.git/info/attributes
touch -d 2020-01-01 s.txt; cd ..
${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  // The agent's own \`git add --all\` runs it as well: what counts is what runs after the agent has ended.
  const ended = `${script}\nrm -f "$CHANT_HOME/../owned"`;
  await repo.write({
    [`.chant/specs/${A}.md`]: (await repo.read(`.chant/specs/${A}.md`)).replace(script, ended),
  });
  expect((await chant(repo, ["work", A])).status).toBe(1);
  expect(await statusOn(repo, A)).toBe("needs_attention");
  expect(repo.has("../owned")).toBe(false);
});

test("a spec does not start before what it depends on has landed, whatever holds that back", async () => {
  await using repo = await tempProject({
    specs: {
      [A]: { title: "A", script: `echo mine >"$CHANT_HOME/a.txt"\n${goodScript("a.txt")}` },
      [B]: { title: "B", script: `test -e a.txt\n${goodScript("b.txt")}`, dependsOn: [A] },
    },
  });
  const { status } = await chant(repo, ["work", "--parallel=2"]);
  expect(status).toBe(75);
  expect(await statusOn(repo, B)).toBe("pending");
  await repo.git("clean", "-q", "-f", "a.txt");
  await chantOk(repo, ["work", "--parallel=2"]);
  expect(await statusOn(repo, B)).toBe("completed");
  await expectNoTraces(repo);
});

test("a lock of git's that was left on the branch makes the landing wait, and the checkout is as it was", async () => {
  const script = `touch "$CHANT_HOME/.git/refs/heads/main.lock"\n${goodScript("one.txt")}`;
  await using repo = await tempProject({ specs: { [A]: { title: "One", script } } });
  const { status, stdout, stderr } = await chant(repo, ["work", A], { limitMs: 50_000 });
  expect(status).toBe(75);
  expect(stdout + stderr).toContain("main.lock");
  expect(await repo.status()).toBe("");
  expect(repo.has("one.txt")).toBe(false);
  await rm(join(repo.path, ".git/refs/heads/main.lock"));
  await chantOk(repo, ["work"]);
  await expectNoTraces(repo);
});
