import { dirname, join, relative } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { silentPrompt } from "../domain/prompt.ts";
import { SHIPPED_PROMPTS } from "../domain/shipped-prompts.ts";
import { createAtomic, makeFolder, statIfExists } from "../host/files.ts";
import { exclude, excludeStatusFile } from "../git/exclude.ts";
import { localBranches } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";
import { infoFile } from "../git/settings.ts";
import { SILENT_LINE } from "../git/silent.ts";
import type { Places } from "../store/places.ts";
import { branchWithSpecs, requireOneMode } from "./engine/silent/mode.ts";
import { type NotesWish, planNotes, writeNotes } from "./agent-notes.ts";
import { agentEntry, type InitProvider, OWN_AGENT, ownEntry } from "../domain/agent-provider.ts";
import type { Workspace } from "./workspace.ts";

export interface InitRequest {
  /** The agent's program and its arguments; without one the built-in script agent works. */
  readonly agent: readonly string[];
  /** A kind of agent that chant knows; `agent` is then its program. */
  readonly provider?: { readonly name: InitProvider; readonly model?: string };
  /** The most agents at once. */
  readonly parallel: number;
  /** Keeps all of it out of git. */
  readonly isSilent: boolean;
  /** What is to become of the notes in AGENTS.md and CLAUDE.md. */
  readonly notes: NotesWish;
}

/** What a set-up found and made: paths relative to home. */
export interface InitReport {
  readonly home: string;
  readonly made: readonly string[];
  /** Was there already, and is as it was. */
  readonly kept: readonly string[];
  readonly isSilent: boolean;
  /** Files of the user's in which the notes for agents were written, renewed or removed. */
  readonly noted: readonly string[];
}

/** What is never committed: caches, locks, logs, and what a write that was cut off may leave. */
const IGNORED = [".locks/", ".store/", "logs/", "watch.pid", ".tmp-*"];

/**
 * Sets chant up in a repository. Safe to repeat: whatever is there stays as it is, but for chant's own notes.
 * @throws ChantError SILENT_MIXED when a project that git knows of is to become silent; FILE_REFUSED when the notes cannot
 * be written; with nothing written
 */
export async function init({ repo, places }: Workspace, request: InitRequest): Promise<InitReport> {
  const made: string[] = [];
  const kept: string[] = [];
  const isSilent = request.isSilent || repo.isSilent === true;
  if (isSilent) await requireUnknownToGit(repo, places);
  // Notes in a file of everybody's would tell them of chant.
  const noteSteps = await planNotes(
    repo.home,
    isSilent && request.notes.kind === "write" ? { kind: "renew" } : request.notes,
  );
  const note = (path: string, isMade: boolean): void => {
    (isMade ? made : kept).push(relative(repo.home, path));
  };
  const files = [
    [places.config, configText(request)],
    ...[...SHIPPED_PROMPTS].map(
      ([name, text]) => [join(places.prompts, `${name}.md`), isSilent ? silentPrompt(text) : text] as const,
    ),
    [join(places.chant, ".gitignore"), IGNORED.map((line) => `${line}\n`).join("")],
  ] as const;
  // First, so that git never sees any of it.
  if (isSilent && repo.isSilent !== true) await exclude(repo, SILENT_LINE);
  for (const [path, text] of files) {
    await makeFolder(dirname(path));
    note(path, await createAtomic(path, text));
  }
  const hadSpecs = (await statIfExists(places.specs)) !== undefined;
  await makeFolder(places.specs);
  note(join(places.specs, ""), !hadSpecs);
  note(infoFile(repo, "exclude"), await excludeStatusFile(repo));
  const notes = await writeNotes(repo.home, noteSteps);
  return { home: repo.home, made, kept: [...kept, ...notes.kept], noted: notes.changed, isSilent };
}

/** git holds a project's specs, or the disk alone does: never both, and not in turn while something is under way. */
async function requireUnknownToGit(repo: Repository, places: Places): Promise<void> {
  const branch = await branchWithSpecs(repo, ["HEAD", ...(await localBranches(repo))]);
  if (branch !== undefined) {
    const where = branch === "HEAD" ? "this branch" : branch.replace("refs/heads/", "");
    throw new ChantError(
      "SILENT_MIXED",
      `git tracks the specs on ${where}, so this project cannot be silent.`,
      {
        hint: "To make it so: git rm -r --cached .chant on each branch that has them, commit, then chant init --silent. Nothing was changed.",
      },
    );
  }
  if (repo.gitDir !== repo.commonDir) {
    throw new ChantError(
      "SILENT_MIXED",
      "A silent project lives in the main checkout, and this is a linked worktree.",
      {
        hint: "Change to the main checkout. Nothing was changed.",
      },
    );
  }
  await requireOneMode({ ...repo, isSilent: true }, places);
}

function configText({ agent, provider, parallel }: InitRequest): string {
  const mine = ownEntry(agent.length === 0 ? ["./agent.sh"] : agent);
  const isOwn = agent.length > 0 && provider === undefined;
  const name = provider?.name ?? (isOwn ? OWN_AGENT : "script");
  const described = provider === undefined ? "" : `  ${agentEntry(provider.name, agent, provider.model)}\n`;
  return `---
defaults: { agent: ${name} }
agents:
${described}  script: { provider: script }
  ${isOwn ? mine : `# ${mine}`}
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
