/**
 * Shows the whole way of a spec: makes a small project in a temporary folder, gives eight specs to the agent `script`,
 * four at once, and shows what became of them. Six are meant to land. Exits with 1 when something else came of it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DemoSpec, SPECS } from "./specs.ts";

const CHANT = fileURLToPath(new URL("../bin/chant", import.meta.url));
/** Its removal removes all that the demo made. */
const FOLDER = realpathSync(mkdtempSync(join(tmpdir(), "chant-demo-")));
const PROJECT = join(FOLDER, "notes");

/**
 * Nothing of this machine's git configuration counts, nor of a run that the demo is started in; and the program's copy
 * of itself stays in the folder.
 */
const ENVIRONMENT = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GIT_|CHANT_(?!TEST_))/.test(name)),
  ),
  XDG_CACHE_HOME: join(FOLDER, "cache"),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function heading(text: string): void {
  say(process.stdout.isTTY ? `\n\u001b[1m${text}\u001b[0m` : `\n${text}`);
}

/** Runs a program in the project and returns what it printed; any status but 0 ends the demo. */
function run(file: string, args: readonly string[], input = ""): string {
  const { status, error, stdout, stderr } = spawnSync(file, [...args], {
    cwd: PROJECT,
    env: ENVIRONMENT,
    input,
    encoding: "utf8",
  });
  if (status === 0) return stdout.trimEnd();
  throw new Error(`"${file} ${args.join(" ")}" ended with ${status ?? error?.message}: ${stderr}`);
}

const git = (...args: readonly string[]): string => run("git", args);

/** Runs a command as a reader would, its output on the reader's terminal, and returns its exit status. */
function show(file: string, ...args: readonly string[]): number | null {
  const name = file === CHANT ? "chant" : file;
  heading(`$ ${[name, ...args].join(" ")}`);
  return spawnSync(file, [...args], {
    cwd: PROJECT,
    env: ENVIRONMENT,
    stdio: ["ignore", "inherit", "inherit"],
  }).status;
}

function makeProject(): void {
  mkdirSync(PROJECT);
  writeFileSync(join(PROJECT, "README.md"), "# Notes\n\nStatus: nothing works yet.\n");
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Demo");
  git("config", "user.email", "demo@example.com");
  git("config", "core.pager", "cat");
  run(CHANT, ["init"]);
  // Worktrees go into this folder as well, instead of /tmp.
  const config = join(PROJECT, ".chant", "config.md");
  const root = JSON.stringify(join(FOLDER, "worktrees"));
  writeFileSync(
    config,
    readFileSync(config, "utf8").replace("\n---\n", `\nworktree: { root: ${root} }\n---\n`),
  );
  git("add", "--all");
  git("commit", "--quiet", "--message=Start");
}

/** Adds the specs and returns their ids by name. */
function addSpecs(): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const spec of SPECS) {
    const dependencies = spec.after.flatMap((name) => ["--depends-on", ids.get(name) ?? name]);
    const criteria = spec.criteria.flatMap((text) => ["--criterion", text]);
    const body = `${spec.body}\n\n## Script\n\n\`\`\`sh\n${spec.script.trim()}\n\`\`\`\n`;
    const added = run(
      CHANT,
      ["add", spec.title, ...dependencies, ...criteria, "--body-file", "-", "--json"],
      body,
    );
    ids.set(spec.name, readId(added));
    const after =
      spec.after.length === 0 ? "" : ` (after: ${spec.after.map((name) => ids.get(name)).join(", ")})`;
    say(`${ids.get(spec.name)}  ${spec.title}${after}`);
  }
  return ids;
}

function readId(json: string): string {
  const { data } = JSON.parse(json) as { readonly data: { readonly id: string } };
  return data.id;
}

/** Returns in words what is not as it was meant to be. */
function faults(status: number | null, ids: ReadonlyMap<string, string>): readonly string[] {
  const found = SPECS.flatMap((spec) => faultOf(spec, ids.get(spec.name) ?? ""));
  if (status !== 1) found.push(`chant work ended with ${status}, and not with 1, as two specs do not land`);
  const left = git("status", "--porcelain");
  if (left !== "") found.push(`the checkout is not clean:\n${left}`);
  const branch = git("symbolic-ref", "HEAD");
  if (branch !== "refs/heads/main") found.push(`the checkout is on ${branch}`);
  const notes = run("sh", ["-c", "NOTES=../try.txt; export NOTES; sh notes.sh add milk; sh notes.sh list"]);
  if (notes !== "Notes\n=====\n- milk") found.push(`what landed does not work: ${notes}`);
  return found;
}

function faultOf({ title, end }: DemoSpec, id: string): string[] {
  const front = /^---\n(.*?)\n---\n/s.exec(
    readFileSync(join(PROJECT, ".chant", "specs", `${id}.md`), "utf8"),
  )?.[1];
  const status = /^status: (\w+)$/m.exec(front ?? "")?.[1];
  if (status !== end.status) return [`"${title}" is ${status}, and ${end.status} was expected`];
  const isNamed = !("reason" in end) || front?.includes(end.reason) === true;
  return isNamed ? [] : [`"${title}" does not name ${end.reason}`];
}

/** Returns what is not as it was meant to be. */
function demonstrate(): readonly string[] {
  heading(`A small project in ${PROJECT}, and eight specs`);
  makeProject();
  const ids = addSpecs();
  say(`
Each is worked in a git worktree of its own, by the script in it, which stands in for a coding agent. Six are meant to
land. "${SPECS[2]?.title}" leaves a criterion open, and "${SPECS[3]?.title}" changes a line that
"${SPECS[0]?.title}" changes too.`);
  const status = show(CHANT, "work", "--parallel=4", "--no-watch");
  show("git", "log", "--graph", "--oneline", "--no-decorate", "--first-parent");
  show(CHANT, "list", "--all");
  for (const spec of SPECS) if (spec.end.status !== "completed") show(CHANT, "why", ids.get(spec.name) ?? "");
  return faults(status, ids);
}

const begun = performance.now();
let found: readonly string[];
try {
  found = demonstrate();
} catch (error) {
  found = [error instanceof Error ? error.message : String(error)];
}
heading("What is left");
say(`The project is in ${PROJECT}.`);
say(`To remove all that the demo made: rm -rf ${FOLDER}`);
for (const fault of found) say(`The demo did not come out as it was meant to: ${fault}.`);
if (found.length === 0) {
  say(`Six specs landed, two wait for a person, after ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
}
process.exitCode = found.length === 0 ? 0 : 1;
