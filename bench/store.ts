import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chant, cleanEnvironment, report, scratch, time } from "./measure.ts";

const SPECS = 10_000;
const ROUNDS = 15;

/** What commands over many specs cost, with the index, against git's look at the same files and without the index. */
export async function store(): Promise<void> {
  await using folder = await scratch();
  const env = cleanEnvironment(folder.path);
  const last = await makeSpecs(folder.path);
  await time("git", ["init", "-q", "-b", "main"], folder.path, env);
  await time("git", ["add", "-A"], folder.path, env);
  await time("git", ["commit", "-q", "-m", "start"], folder.path, env);
  const cases = [
    ["list", ["list"]],
    ["show", ["show", last]],
    ["search, all match", ["search", "spec"]],
    ["search, one matches", ["search", "7777"]],
  ] as const;
  // Files that are younger than 2 s are read each time.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  await time(chant, ["search", "spec"], folder.path, env);
  for (const [name, args] of cases) {
    const ours: number[] = [];
    const git: number[] = [];
    const reading: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await time(chant, args, folder.path, env));
      git.push(await time("git", ["status"], folder.path, env));
      await withoutIndex(folder.path, async () => {
        reading.push(await time(chant, args, folder.path, env));
      });
    }
    report(`${name} of ${SPECS} specs`, ours, git, "git status");
    report(`${name} of ${SPECS} specs`, ours, reading, "reading and parsing every file");
  }
}

/** Puts a file where the folder of the index is: the program then reads every file. */
async function withoutIndex(repo: string, work: () => Promise<void>): Promise<void> {
  const [place, aside] = [join(repo, ".chant", ".store"), join(repo, "store-aside")];
  await rename(place, aside);
  await writeFile(place, "");
  await work();
  await rm(place);
  await rename(aside, place);
}

/** Writes the files, nine of ten completed, and returns the last id. */
async function makeSpecs(repo: string): Promise<string> {
  const specs = join(repo, ".chant", "specs");
  await mkdir(specs, { recursive: true });
  await writeFile(join(repo, ".chant", "config.md"), "---\n---\n");
  await writeFile(join(repo, ".chant", ".gitignore"), ".locks/\n.store\nlogs/\n");
  let id = "";
  for (let n = 1; n <= SPECS; n += 1) {
    const day = new Date(Date.UTC(2025, 0, 1 + Math.floor(n / 50))).toISOString().slice(0, 10);
    id = `${day}-${String((n % 50) + 1).padStart(3, "0")}-${n.toString(36).padStart(3, "0")}`;
    const status = n % 10 === 0 ? "pending" : "completed\ncompleted_at: 2026-01-01T00:00:00Z";
    const words = "It says what is to be done, and why, in as many words as such a text has. ".repeat(10);
    const text = `---\ntype: code\nstatus: ${status}\nlabels:\n- part${n % 7}\n---\n\n# Spec ${n}\n\n${words}\n\n## Acceptance Criteria\n\n- [x] It holds\n- [ ] It is tested\n`;
    await writeFile(join(specs, `${id}.md`), text);
  }
  return id;
}
