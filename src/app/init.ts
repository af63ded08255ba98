import { dirname, join, relative } from "node:path";
import { STANDARD_PROMPT } from "../domain/prompt.ts";
import { createAtomic, makeFolder, readIfExists, statIfExists, writeAtomic } from "../host/files.ts";
import { infoFile } from "../git/settings.ts";
import type { Workspace } from "./workspace.ts";

export interface InitRequest {
  /** The agent's program and its arguments; without one the built-in script agent works. */
  readonly agent: readonly string[];
  /** The most agents at once. */
  readonly parallel: number;
}

/** What a set-up found and made: paths relative to home. */
export interface InitReport {
  readonly home: string;
  readonly made: readonly string[];
  /** Was there already, and is as it was. */
  readonly kept: readonly string[];
}

/** What is never committed: caches, locks, logs, and what a write that was cut off may leave. */
const IGNORED = [".locks/", ".store/", "logs/", "watch.pid", ".tmp-*"];

/** The agent's own word about how it stands, which is never part of its work. */
const EXCLUDED = ".chant-status.json";

/** Sets chant up in a repository. Safe to repeat: whatever is there stays as it is. */
export async function init({ repo, places }: Workspace, request: InitRequest): Promise<InitReport> {
  const made: string[] = [];
  const kept: string[] = [];
  const note = (path: string, isMade: boolean): void => {
    (isMade ? made : kept).push(relative(repo.home, path));
  };
  const files = [
    [places.config, configText(request)],
    [join(places.prompts, "standard.md"), STANDARD_PROMPT],
    [join(places.chant, ".gitignore"), IGNORED.map((line) => `${line}\n`).join("")],
  ] as const;
  for (const [path, text] of files) {
    await makeFolder(dirname(path));
    note(path, await createAtomic(path, text));
  }
  const hadSpecs = (await statIfExists(places.specs)) !== undefined;
  await makeFolder(places.specs);
  note(join(places.specs, ""), !hadSpecs);
  const exclude = infoFile(repo, "exclude");
  note(exclude, await addLine(exclude, EXCLUDED));
  return { home: repo.home, made, kept };
}

/** Adds a line at the end of a file, unless it is there. */
async function addLine(path: string, line: string): Promise<boolean> {
  const text = (await readIfExists(path)) ?? "";
  if (text.split("\n").some((each) => each.trim() === line)) return false;
  await makeFolder(dirname(path));
  await writeAtomic(path, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`);
  return true;
}

function configText({ agent, parallel }: InitRequest): string {
  const name = agent.length === 0 ? "script" : "mine";
  const own = JSON.stringify(agent.length === 0 ? ["./agent.sh"] : agent);
  const mine = `mine: { provider: command, command: ${own} }`;
  return `---
defaults: { agent: ${name} }
agents:
  script: { provider: script }
  ${agent.length === 0 ? `# ${mine}` : mine}
parallel: { max: ${parallel} }
---

# How chant works here

The block above is the configuration; what stands here is for people.

- The agent \`script\` runs the fenced block under a spec's heading \`## Script\`, with sh.
- An agent of the provider \`command\` is any program: it gets the prompt on standard input, and works in the current
  folder. \`./\` in front of it means this checkout.
- \`prompts/standard.md\` is what an agent is told besides the spec.
`;
}
