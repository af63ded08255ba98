import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chant, cleanEnvironment, report, scratch, time } from "./measure.ts";

const ROUNDS = 30;

/** How long it takes until the program has answered, against an empty Node. */
export async function startup(): Promise<void> {
  await using folder = await scratch();
  const env = cleanEnvironment(folder.path);
  const specs = join(folder.path, ".chant", "specs");
  await mkdir(specs, { recursive: true });
  for (let n = 1; n <= 10; n += 1) {
    const text = `---\ntype: code\nstatus: pending\nlabels:\n- one\n---\n# Spec ${n}\n\n## Acceptance Criteria\n\n- [ ] It holds\n`;
    await writeFile(join(specs, `2026-01-01-${String(n).padStart(3, "0")}-abc.md`), text);
  }
  await writeFile(join(folder.path, ".chant", "config.md"), "---\n---\n");
  await time("git", ["init", "-q", "-b", "main"], folder.path, env);
  await time("git", ["add", "-A"], folder.path, env);
  await time("git", ["commit", "-q", "-m", "start"], folder.path, env);
  const launcher = fileURLToPath(new URL("../bin/chant", import.meta.url));
  const cases = [
    ["--version, by the launcher", launcher, ["--version"]],
    ["--version, the executable", chant, ["--version"]],
    ["list with 10 specs", chant, ["list"]],
  ] as const;
  for (const [name, file, args] of cases) {
    const ours: number[] = [];
    const node: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await time(file, args, folder.path, env));
      node.push(await time(process.execPath, ["-e", "0"], folder.path, env));
    }
    report(name, ours, node, `node ${process.versions.node} -e 0`);
  }
}
