import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chant } from "../../kit/chant.ts";
import { run } from "../../kit/process.ts";
import { tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";
import { triesOf } from "../../kit/tries.ts";

const A = "2026-01-01-001-abc";

/*
 * An agent that ends well and then lays traps for whoever runs git in its worktree or in the repository. Nothing that
 * chant does afterwards (judge, land or wait, explain, cancel, clear away) may run them. The agent itself runs no git
 * after that, so whatever is run, chant has run it.
 */
const TRAPS: Readonly<Record<string, string>> = {
  "settings of the repository that run something": `
cat >>"$COMMON/config" <<EOT
[core]
	fsmonitor = $EVIL
	sshCommand = $EVIL
	editor = $EVIL
	pager = $EVIL
	askPass = $EVIL
	hooksPath = $HOOKS
	alternateRefsCommand = $EVIL
[diff]
	external = $EVIL
[diff "x"]
	textconv = $EVIL
	command = $EVIL
[merge "x"]
	driver = $EVIL %O %A %B
[filter "x"]
	clean = $EVIL
	smudge = $EVIL
	process = $EVIL
	required = true
[commit]
	gpgSign = true
[gpg]
	program = $EVIL
[credential]
	helper = $EVIL
[alias]
	update-index = !$EVIL
	ls-files = !$EVIL
[include]
	path = $HOOKS/more
EOT
printf '[core]\\n\\tfsmonitor = %s\\n' "$EVIL" >"$HOOKS/more"
mkdir -p "$COMMON/info"
echo '* filter=x diff=x merge=x' >"$COMMON/info/attributes"
echo '* filter=x diff=x merge=x' >.gitattributes`,
  "hooks of the repository": `
mkdir -p "$COMMON/hooks"
for hook in pre-commit post-commit post-checkout post-merge reference-transaction post-index-change pre-merge-commit \\
  fsmonitor-watchman prepare-commit-msg commit-msg pre-auto-gc; do
  cp "$EVIL" "$COMMON/hooks/$hook"
done`,
  "settings of its worktree": `
printf '[extensions]\\n\\tworktreeConfig = true\\n' >>"$COMMON/config"
printf '[core]\\n\\tfsmonitor = %s\\n\\thooksPath = %s\\n[diff]\\n\\texternal = %s\\n' "$EVIL" "$HOOKS" "$EVIL" \\
  >"$ADMIN/config.worktree"
echo "$HOOKS" >"$ADMIN/commondir.evil"`,
  "another repository in place of its own": `
cp -r "$COMMON" evil.git
printf '[core]\\n\\tbare = false\\n\\tworktree = %s\\n\\tfsmonitor = %s\\n\\thooksPath = %s\\n' "$PWD" "$EVIL" "$HOOKS" \\
  >>evil.git/config
rm .git
echo "gitdir: $PWD/evil.git" >.git`,
  "a repository inside of its worktree": `
mkdir inner && cp -r "$COMMON" inner/.git
printf '[core]\\n\\tbare = false\\n\\tfsmonitor = %s\\n\\thooksPath = %s\\n[filter "x"]\\n\\tclean = %s\\n' \\
  "$EVIL" "$HOOKS" "$EVIL" >>inner/.git/config
echo '* filter=x' >inner/.gitattributes
printf '[submodule "inner"]\\n\\tpath = inner\\n\\turl = ext::%s\\n\\tupdate = !%s\\n' "$EVIL" "$EVIL" >.gitmodules`,
};

/** Lays the trap's program: whoever runs it, and as what, is written down. */
async function layProgram(
  repo: TempRepo,
): Promise<{ readonly evil: string; readonly hooks: string; readonly owned: string }> {
  const hooks = join(repo.root, "hooks");
  const owned = join(repo.root, "owned");
  const evil = join(repo.root, "evil.sh");
  await mkdir(hooks);
  await writeFile(evil, `#!/bin/sh\necho "$0 $*" >>"${owned}"\ncat\n`);
  await chmod(evil, 0o755);
  return { evil, hooks, owned };
}

const tries = triesOf("trap of an agent's for chant's git");

// The traps are for git, which both builds call in the same way.
for (const [name, trap] of Object.entries(TRAPS)) {
  test.runIf(process.env["CHANT_UNDER_TEST"] === "exe")(`${name}: chant runs nothing of it`, async () => {
    await using repo = await tempProject({ specs: { [A]: { title: "Trap" } }, agent: ["./agent.sh"] });
    const cameThrough = tries.begin();
    const { evil, hooks, owned } = await layProgram(repo);
    const script = `#!/bin/sh
echo done >one.txt; chant tick --all; git add -A; git commit -q -m one
COMMON=${join(repo.path, ".git")}; ADMIN=$(git rev-parse --absolute-git-dir); EVIL=${evil}; HOOKS=${hooks}
cp ${evil} ${hooks}/post-checkout; cp ${evil} ${hooks}/reference-transaction
${trap}
`;
    await repo.write({ "agent.sh": script });
    await chmod(join(repo.path, "agent.sh"), 0o755);
    await repo.commitAll("the agent");
    const look = async (...args: readonly string[]): Promise<void> => {
      const { status } = await chant(repo, args, { limitMs: 30_000 });
      expect([0, 1, 75], args.join(" ")).toContain(status);
      expect(existsSync(owned), args.join(" ")).toBe(false);
    };
    for (const args of [
      ["work"],
      ["why", A],
      ["list"],
      ["log", A],
      ["show", A],
      ["merge", A],
      ["watch", "--once"],
    ]) {
      await look(...args);
    }
    // The traps are real: a git without defences runs them.
    const tree = join(repo.worktrees, `chant-${A}`);
    for (const cwd of [repo.path, tree, join(tree, "inner")].filter((each) => existsSync(each))) {
      for (const args of [["status"], ["add", "-A"], ["commit", "--allow-empty", "-m", "x"]]) {
        await run("git", args, { cwd, env: repo.env });
      }
    }
    expect(existsSync(owned)).toBe(true);
    await rm(owned);
    await look("cancel", A);
    cameThrough();
  });
}
