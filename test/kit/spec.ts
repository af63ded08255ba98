import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { tempRepo, type TempRepo, type TempRepoOptions } from "./temp-repo.ts";

/** What a spec's file is to say; without a status it is pending. */
export interface SpecDraft {
  readonly title?: string;
  readonly status?: string;
  readonly type?: string;
  readonly dependsOn?: readonly string[];
  readonly labels?: readonly string[];
  /** Lines of front matter as they are to stand there, each ending in a newline. */
  readonly front?: string;
  readonly criteria?: readonly string[];
  /** The block under `## Script`, for the provider `script`. */
  readonly script?: string;
  readonly body?: string;
}

const list = (key: string, items: readonly string[] | undefined): string =>
  items === undefined ? "" : `${key}:\n${items.map((item) => `  - ${item}\n`).join("")}`;

/** Returns the text of a spec's file. */
export function specText(draft: SpecDraft = {}): string {
  const criteria = draft.criteria ?? ["It works"];
  return [
    "---\n",
    `type: ${draft.type ?? "code"}\n`,
    `status: ${draft.status ?? "pending"}\n`,
    list("depends_on", draft.dependsOn),
    list("labels", draft.labels),
    draft.front ?? "",
    "---\n\n",
    `# ${draft.title ?? "Do something"}\n\n`,
    draft.body === undefined ? "" : `${draft.body}\n\n`,
    draft.script === undefined ? "" : `## Script\n\n\`\`\`sh\n${draft.script.trimEnd()}\n\`\`\`\n\n`,
    criteria.length === 0
      ? ""
      : `## Acceptance Criteria\n\n${criteria.map((each) => `- [ ] ${each}\n`).join("")}`,
  ].join("");
}

/** Writes a spec's file into the checkout; it is not committed. */
export async function writeSpec(repo: TempRepo, id: string, draft: SpecDraft = {}): Promise<void> {
  await repo.write({ [`.chant/specs/${id}.md`]: specText(draft) });
}

/** Does what its criteria ask: an agent of the provider `script` that ends well. */
export const goodScript = (file: string): string =>
  [`echo done >"${file}"`, "chant tick --all", "git add --all", `git commit --quiet -m "Add ${file}"`].join(
    "\n",
  );

export interface ProjectOptions extends TempRepoOptions {
  /** Front matter of config.md besides where worktrees go, each line ending in a newline. */
  readonly config?: string;
  /** Keys under `worktree` besides its root, in YAML's flow style. */
  readonly worktree?: string;
  /** The command line of the agent, or its whole description in YAML; without one the provider `script` works. */
  readonly agent?: readonly string[] | string;
  readonly files?: Readonly<Record<string, string>>;
  /** Keeps `.chant` out of git. */
  readonly isSilent?: boolean;
  /** Specs by id, committed with the rest. */
  readonly specs?: Readonly<Record<string, SpecDraft>>;
}

const GITIGNORE = ".locks/\n.store/\nlogs/\nwatch.pid\n.tmp-*\n";

/** Makes a repository in which chant is set up, its worktrees inside the test's own folder. */
export async function tempProject(options: ProjectOptions = {}): Promise<TempRepo> {
  const repo = await tempRepo(options.files, { ...options, commit: false });
  if (options.isSilent === true) {
    await appendFile(join(repo.path, ".git/info/exclude"), "/.chant/\n.chant-status.json\n");
  }
  const agent =
    typeof options.agent === "object"
      ? `{ provider: command, command: ${JSON.stringify(options.agent)} }`
      : (options.agent ?? "{ provider: script }");
  const config = `---
defaults: { agent: test }
agents:
  test: ${agent}
worktree: { root: ${JSON.stringify(repo.worktrees)}${options.worktree === undefined ? "" : `, ${options.worktree}`} }
${options.config ?? ""}---
`;
  await repo.write({
    ".chant/config.md": config,
    ".chant/.gitignore": GITIGNORE,
    ".chant/prompts/standard.md": "# {{title}}\n\n{{body}}\n",
  });
  for (const [id, draft] of Object.entries(options.specs ?? {})) await writeSpec(repo, id, draft);
  if (options.commit !== false) await repo.commitAll("First commit");
  return repo;
}
