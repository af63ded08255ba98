import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chant, cleanEnvironment, report, scratch, time } from "./measure.ts";

/** Writes a file, ticks, commits: what any agent does at the least. The same for both sides. */
const AGENT = `#!/bin/sh
set -e
echo "$CHANT_SPEC_ID" > "$CHANT_SPEC_ID.txt"
sed -i 's/- \\[ \\]/- [x]/' "$CHANT_SPEC_FILE"
git add -A
git commit -q -m "work on $CHANT_SPEC_ID"
`;

/** The same work with bare git, one after the other. */
const BARE = `#!/bin/sh
set -e
for spec in .chant/specs/*.md; do
  id=\${spec##*/}; id=\${id%.md}
  tree=../trees/$id
  git worktree add -q -b "bare/$id" "$tree"
  (cd "$tree" && CHANT_SPEC_ID=$id CHANT_SPEC_FILE=$PWD/$spec ../../repo/agent.sh)
  git merge -q --no-ff -m "land $id" "bare/$id"
  git worktree remove "$tree"
  git branch -q -D "bare/$id"
done
`;

const SPECS = 50;
const ROUNDS = 5;

/** 50 specs with two agents at once, against bare git doing the same work in a row. */
export async function lifecycle(): Promise<void> {
  const ours: number[] = [];
  const bare: number[] = [];
  await using folder = await scratch();
  const env = cleanEnvironment(folder.path);
  for (let round = 0; round < ROUNDS; round += 1) {
    const repo = await repository(join(folder.path, `ours-${round}`), env);
    ours.push(await time(chant, ["work", "--parallel=2"], repo, env));
    const other = await repository(join(folder.path, `bare-${round}`), env);
    bare.push(await time("sh", ["./bare.sh"], other, env));
  }
  report(`${SPECS} specs, work --parallel=2`, ours, bare, "bare git in a row");
}

async function repository(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const path = join(folder, "repo");
  await mkdir(join(path, ".chant", "specs"), { recursive: true });
  await mkdir(join(folder, "trees"));
  await writeFile(join(path, "agent.sh"), AGENT, { mode: 0o755 });
  await writeFile(join(path, "bare.sh"), BARE, { mode: 0o755 });
  await writeFile(
    join(path, ".chant", "config.md"),
    `---\ndefaults:\n  agent: bench\nagents:\n  bench:\n    provider: command\n    command: ["./agent.sh"]\nworktree:\n  root: ${join(folder, "trees")}\n---\n`,
  );
  for (let n = 1; n <= SPECS; n += 1) {
    const id = `2026-01-01-${String(n).padStart(3, "0")}-abc`;
    const text = `---\ntype: code\nstatus: pending\n---\n# Spec ${n}\n\n## Acceptance Criteria\n\n- [ ] The file is there\n`;
    await writeFile(join(path, ".chant", "specs", `${id}.md`), text);
  }
  for (const args of [
    ["init", "-q", "-b", "main"],
    ["add", "-A"],
    ["commit", "-q", "-m", "start"],
  ]) {
    await time("git", args, path, env);
  }
  return path;
}
