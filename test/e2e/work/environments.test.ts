import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../../kit/chant.ts";
import { goodScript, type ProjectOptions, tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { expectNoTraces, statusOn } from "../../kit/traces.ts";

const A = "2026-01-01-001-abc";

/** A repository with one spec; the agent leaves its work uncommitted, so that chant commits it. */
const project = (script: string, options: ProjectOptions = {}): Promise<TempRepo> =>
  tempProject({ ...options, specs: { [A]: { title: "One", script: `${script}\nchant tick --all` } } });

test("a filter of the user's, as git-lfs is one: blobs hold the pointer, checkouts the content", async () => {
  await using repo = await project("cat big.bin >copy.bin; echo more >>big.bin", {
    files: { "README.md": "x\n" },
  });
  const store = join(repo.root, "store");
  await mkdir(store);
  const clean = join(repo.root, "clean.sh");
  const smudge = join(repo.root, "smudge.sh");
  await writeFile(
    clean,
    `#!/bin/sh\nh=$(tee "${store}/in.$$" | sha1sum | cut -c1-40); mv "${store}/in.$$" "${store}/$h"; echo "pointer $h"\n`,
  );
  await writeFile(smudge, `#!/bin/sh\nread -r _ h; cat "${store}/$h"\n`);
  await Promise.all([clean, smudge].map((file) => chmod(file, 0o755)));
  await repo.git("config", "filter.big.clean", clean);
  await repo.git("config", "filter.big.smudge", smudge);
  await repo.git("config", "filter.big.required", "true");
  await repo.write({ ".gitattributes": "*.bin filter=big\n", "big.bin": "content\n" });
  await repo.commitAll("A big file");
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  expect(await repo.git("show", "main:big.bin")).toMatch(/^pointer [0-9a-f]{40}$/);
  expect(await repo.git("show", "main:copy.bin")).toMatch(/^pointer [0-9a-f]{40}$/);
  expect(await repo.read("big.bin")).toBe("content\nmore\n");
  expect(await repo.read("copy.bin")).toBe("content\n");
});

test("CRLF on disk by core.autocrlf: only changed lines change, spec files included", async () => {
  await using repo = await project("printf 'two\\r\\n' >>win.txt", { files: { "win.txt": "one\n" } });
  await repo.git("config", "core.autocrlf", "true");
  await repo.git("rm", "-q", "-r", "--cached", ".");
  await repo.git("reset", "-q", "--hard");
  expect(await repo.read("win.txt")).toBe("one\r\n");
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  expect(await repo.git("show", "main:win.txt")).toBe("one\ntwo");
  expect(await repo.read("win.txt")).toBe("one\r\ntwo\r\n");
  expect(await repo.git("show", `main:.chant/specs/${A}.md`)).not.toContain("\r");
  expect(await repo.read(`.chant/specs/${A}.md`)).toMatch(/status: completed\r\n/);
});

test("a file with CRLF in its blob keeps it", async () => {
  await using repo = await project("printf 'two\\r\\n' >>win.txt", { files: { "win.txt": "one\r\n" } });
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  expect(await repo.read("win.txt")).toBe("one\r\ntwo\r\n");
});

test("a sparse checkout: what is outside of it is not deleted", async () => {
  await using repo = await project("echo new >in/new.txt", {
    files: { "in/a.txt": "a\n", "out/b.txt": "b\n" },
  });
  await repo.git("sparse-checkout", "set", "--cone", "in", ".chant");
  expect(repo.has("out/b.txt")).toBe(false);
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  expect(await repo.git("show", "main:out/b.txt")).toBe("b");
  expect(await repo.read("in/new.txt")).toBe("new\n");
});

test("the user's global excludes keep their files out of commits", async () => {
  await using repo = await project("touch .DS_Store .env; echo x >x.txt");
  const excludes = join(repo.root, "excludes");
  await writeFile(excludes, ".DS_Store\n");
  await repo.git("config", "core.excludesFile", excludes);
  await repo.write({ ".git/info/exclude": ".env\n.chant-status.json\n" });
  await chantOk(repo, ["work", A]);
  expect(await repo.git("ls-tree", "-r", "--name-only", "main")).not.toMatch(/DS_Store|\.env|status\.json/);
});

test("a linked folder and copied files are there for the agent, and never part of a commit", async () => {
  const config = "";
  // Its own commit takes in all that its git does not ignore, and it has chant's commit take in `.env` as well.
  const script = `cat node_modules/dep.js >seen.txt; cat .env >>seen.txt; echo w >>.env
git add -A; git commit -qm "All of it"; echo '!.env' >>.gitignore`;
  await using repo = await project(script, {
    config,
    files: { ".gitignore": "node_modules/\n", "README.md": "x\n" },
  });
  await repo.write({ "node_modules/dep.js": "dep\n", ".env": "SECRET=1\n", ".git/info/exclude": ".env\n" });
  const text = await repo.read(".chant/config.md");
  await repo.write({
    ".chant/config.md": text.replace("worktree: { ", 'worktree: { link: ["node_modules"], copy: [".env*"], '),
  });
  await repo.commitAll("Links and copies");
  await chantOk(repo, ["work", A]);
  // What it wrote into .gitignore has landed.
  await expectNoTraces(repo, { isClean: false });
  expect(await repo.git("show", "main:seen.txt")).toBe("dep\nSECRET=1");
  expect(await repo.git("ls-tree", "-r", "--name-only", "main")).not.toMatch(/node_modules|\.env/);
  expect(await repo.read(".env")).toBe("SECRET=1\n");
  expect(await repo.read("node_modules/dep.js")).toBe("dep\n");
});

test("what was brought never lands, though an agent commits it by force and removes it again", async () => {
  await using repo = await project(
    "echo x >x.txt; git add -A -f; git commit -qm All; git rm -q --cached .env; git commit -qm Not",
    { files: { ".gitignore": ".env\n", ".worktreeinclude": ".env\n" } },
  );
  await repo.write({ ".env": "SECRET=1\n" });
  const { status, stderr } = await chant(repo, ["work", A]);
  expect(status).toBe(1);
  expect(stderr).toContain("its commits hold .env, which chant copied or linked into the worktree");
  expect(await statusOn(repo, A)).toBe("needs_attention");
  // Nor by force: a person takes it out, here by one commit in place of all.
  const forced = await chant(repo, ["finalize", A, "--force"]);
  expect(forced.status).toBe(1);
  const worktree = join(repo.worktrees, `chant-${A}`);
  const base = await repo.git("merge-base", "main", `chant/${A}`);
  await repo.gitIn(worktree, "reset", "-q", "--soft", base);
  await repo.gitIn(worktree, "commit", "-qm", "x and the tick");
  await chantOk(repo, ["finalize", A]);
  expect(await repo.git("rev-list", "main", "--", ".env")).toBe("");
  await expectNoTraces(repo);
});

test("a shallow clone", async () => {
  await using repo = await project(goodScript("x.txt"));
  for (const n of [1, 2, 3]) await repo.git("commit", "-q", "--allow-empty", "-m", `c${n}`);
  const clone = join(repo.root, "clone");
  await repo.git("clone", "-q", "--depth", "2", `file://${repo.path}`, clone);
  const { status, stderr } = await chant(repo, ["work", A], { cwd: clone });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  expect(await repo.gitIn(clone, "show", `main:.chant/specs/${A}.md`)).toContain("status: completed");
  expect(await repo.gitIn(clone, "fsck", "--no-dangling", "--no-progress")).toBe("");
});

test("a SHA-256 repository", async () => {
  await using repo = await project(goodScript("x.txt"), { init: ["--object-format=sha256"] });
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  expect(await repo.git("rev-parse", "HEAD")).toHaveLength(64);
  expect(await statusOn(repo, A)).toBe("completed");
});

test("a partial clone is refused with a hint", async () => {
  await using repo = await project("true");
  await repo.git("config", "extensions.partialClone", "origin");
  const { status, stderr } = await chant(repo, ["work", A]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/partial clone[^]*hint:/);
});

test("a git that is too old is refused with a hint", async () => {
  await using repo = await project("true");
  const bin = join(repo.root, "bin");
  await mkdir(bin);
  await writeFile(
    join(bin, "git"),
    '#!/bin/sh\nfor a in "$@"; do [ "$a" = version ] && { echo "git version 2.30.1"; exit 0; }; done\nexec /usr/bin/env PATH="${PATH#*:}" git "$@"\n',
  );
  await chmod(join(bin, "git"), 0o755);
  const { status, stderr } = await chant(repo, ["work", A], {
    env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/2\.30\.1[^]*2\.38[^]*hint:/);
});

test("no name to commit with: refused with the commands that set it", async () => {
  await using repo = await project("true");
  const config = join(repo.root, "empty");
  await writeFile(config, "[user]\n\tuseConfigOnly = true\n");
  const { status, stderr } = await chant(repo, ["work", A], { env: { GIT_CONFIG_GLOBAL: config } });
  expect(status).toBe(1);
  expect(stderr).toMatch(/git config user\.name/);
});

test("a repository without a commit is refused with a hint", async () => {
  await using repo = await project("true", { commit: false });
  const { status, stderr } = await chant(repo, ["work", A]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/no commit yet[^]*hint:/);
});

test("the folder of the worktree is for this user alone, and one that somebody prepared is not taken", async () => {
  await using repo = await project('stat -c %a "$CHANT_WORKTREE" >mode.txt; pwd >where.txt');
  await symlink("/nowhere", join(repo.worktrees, `chant-${A}`));
  await chantOk(repo, ["work", A]);
  expect(await repo.read("mode.txt")).toBe("700\n");
  expect(await repo.read("where.txt")).toMatch(new RegExp(`/chant-${A}-[0-9a-f]{8}\\n$`));
});

test("paths with spaces, quotes, newlines and unicode land as they are", async () => {
  await using repo = await project(
    `mkdir "a b"; echo 1 >"a b/it's \\"q\\".txt"; echo 2 >"$(printf 'new\\nline')"; echo 3 >ünï.txt`,
  );
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  expect((await repo.git("ls-tree", "-r", "-z", "--name-only", "main")).split("\0")).toEqual(
    expect.arrayContaining([`a b/it's "q".txt`, "new\nline", "ünï.txt"]),
  );
});

test("a user's linked worktree as home: the branch that is checked out there is the target", async () => {
  await using repo = await project(goodScript("x.txt"));
  const linked = join(repo.root, "linked");
  await repo.git("worktree", "add", "-q", "-b", "feature", linked);
  await chantOk(repo, ["work", A], { cwd: linked });
  expect(await statusOn(repo, A, "feature")).toBe("completed");
  expect(await statusOn(repo, A, "main")).toBe("pending");
  expect(await repo.gitIn(linked, "status", "--porcelain")).toBe("");
  expect(await repo.status()).toBe("");
});

test("the agent's environment says where it is, with ./ in a command relative to home", async () => {
  const agent = `#!/bin/sh
cat >prompt.txt
for v in CHANT_SPEC_ID CHANT_SPEC_FILE CHANT_WORKTREE CHANT_BRANCH CHANT_STATUS_FILE CHANT_PROMPT_FILE CHANT_ATTEMPT CHANT_HOME; do eval "echo $v=\\$$v"; done >env.txt
cmp "$CHANT_PROMPT_FILE" prompt.txt && echo "$1" >arg.txt
chant tick --all
`;
  await using repo = await tempProject({
    agent: ["./agent.sh", "--fast"],
    specs: { [A]: { title: "One", body: "Do it." } },
  });
  await repo.write({ "agent.sh": agent });
  await chmod(join(repo.path, "agent.sh"), 0o755);
  await repo.commitAll("An agent");
  await chantOk(repo, ["work", A]);
  const tree = join(repo.worktrees, `chant-${A}`);
  const env: unknown = Object.fromEntries(
    (await repo.read("env.txt"))
      .trim()
      .split("\n")
      .map((line) => line.split("=")),
  );
  expect(env).toEqual({
    CHANT_SPEC_ID: A,
    CHANT_SPEC_FILE: join(tree, ".chant/specs", `${A}.md`),
    CHANT_WORKTREE: tree,
    CHANT_BRANCH: `chant/${A}`,
    CHANT_STATUS_FILE: join(tree, ".chant-status.json"),
    CHANT_PROMPT_FILE: expect.stringContaining("prompt.md") as unknown,
    CHANT_ATTEMPT: "1",
    CHANT_HOME: repo.path,
  });
  expect(await repo.read("arg.txt")).toBe("--fast\n");
  expect(await repo.read("prompt.txt")).toContain("Do it.");
});

test("files in the worktree that steer runtimes steer nothing of chant's", async () => {
  const files = {
    ".env":
      "CHANT_FAIL=runner.end:before\nNODE_OPTIONS=--require=./evil.cjs\nBUN_OPTIONS=--preload=./evil.ts\n",
    "bunfig.toml": 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n',
    "tsconfig.json": '{"compilerOptions":{"paths":{"*":["./evil.ts"]}}}\n',
    "package.json": '{"type":"commonjs","imports":{"#x":"./evil.ts"},"bun":{"preload":["./evil.ts"]}}\n',
    "evil.ts": 'require("node:fs").writeFileSync("owned.txt", "x");\n',
    "evil.cjs": 'require("node:fs").writeFileSync("owned.txt", "x");\n',
  };
  await using repo = await project(
    "chant tick 1; chant --version; chant list >/dev/null; test ! -e owned.txt; env >seen.txt; echo x >x.txt",
    { files },
  );
  await chantOk(repo, ["list"]);
  await chantOk(repo, ["work", A], { env: { NODE_OPTIONS: "", BUN_OPTIONS: "" } });
  expect(repo.has("owned.txt")).toBe(false);
  // What chant tells its own runtime is not for the agent.
  expect(await repo.read("seen.txt")).not.toContain("BUN_JSC");
  expect(await repo.read("seen.txt")).toContain("BUN_OPTIONS=\n");
  expect(await statusOn(repo, A)).toBe("completed");
});

test("a .chant that is a link out of the repository is refused", async () => {
  await using repo = await tempProject();
  await rename(join(repo.path, ".chant"), join(repo.root, "elsewhere"));
  await symlink(join(repo.root, "elsewhere"), join(repo.path, ".chant"));
  const { status, stderr } = await chant(repo, ["work"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/leads out of the repository[^]*hint:/);
});

test("a repository that asks for signatures gets signed commits with land.sign: auto", async () => {
  await using repo = await project(goodScript("x.txt"), { config: "land: { sign: auto }\n" });
  const program = join(repo.root, "sign.sh");
  const signature = "-----BEGIN PGP SIGNATURE-----\\n\\nnot a real one\\n-----END PGP SIGNATURE-----\\n";
  await writeFile(
    program,
    `#!/bin/sh\ncat >/dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\nprintf -- '${signature}'\n`,
  );
  await chmod(program, 0o755);
  await repo.git("config", "gpg.program", program);
  await repo.git("config", "commit.gpgSign", "true");
  await repo.git("config", "user.signingKey", "someone");
  await chantOk(repo, ["work", A]);
  await expectNoTraces(repo);
  for (const subject of [`Start ${A}`, `chant\\(${A}\\)`, `Land ${A}`]) {
    const commit = await repo.git("log", "-1", "--format=%H", "-E", "--grep", `^${subject}`);
    expect(await repo.git("cat-file", "commit", commit)).toContain("gpgsig -----BEGIN PGP SIGNATURE-----");
  }
});

test("a file that a cleaner of /tmp took while nothing was running is there again, and is no deletion", async () => {
  // Its first life is cut off, in the middle of a git add; whatever starts it again comes after the cleaner.
  const script = `if [ ! -e "$CHANT_HOME/../second" ]; then
touch "$CHANT_HOME/../second" "$(git rev-parse --git-dir)/index.lock"; kill -9 $$; fi
test -e keep.txt || exit 9
${goodScript("x.txt")}`;
  await using repo = await project(script, { files: { "keep.txt": "keep\n" } });
  const once = join(repo.root, "once");
  await writeFile(once, "");
  const env = { CHANT_FAIL: "start.record:before", CHANT_FAIL_SKIP: "2", CHANT_FAIL_ONCE: once };
  await chant(repo, ["work", A], { env });
  await rm(join(repo.worktrees, `chant-${A}`, "keep.txt"));
  await chantOk(repo, ["work"]);
  expect(await repo.read("keep.txt")).toBe("keep\n");
  expect(await statusOn(repo, A)).toBe("completed");
  await expectNoTraces(repo);
});

test("a target that somebody removed makes the landing wait, and it lands once it is back", async () => {
  const script = `git -C "$CHANT_HOME" switch -q -c elsewhere; git -C "$CHANT_HOME" branch -q -m main away\n${goodScript("x.txt")}`;
  await using repo = await project(script);
  const { status, stdout, stderr } = await chant(repo, ["work", A]);
  expect(status).toBe(75);
  expect(stdout + stderr).toContain("the branch main is gone");
  await repo.git("branch", "-m", "away", "main");
  await chantOk(repo, ["work"]);
  expect(await statusOn(repo, A)).toBe("completed");
});
