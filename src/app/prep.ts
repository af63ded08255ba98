import { basename, join } from "node:path";
import { branchOf, type SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { readIfExists, realPath } from "../host/files.ts";
import { requireConfig } from "../store/config.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { readRecord, runFolder } from "./engine/record.ts";
import { promptText } from "./runner/prompt-text.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface Prepared {
  readonly id: SpecId;
  /** The prompt's name. */
  readonly prompt: string;
  readonly text: string;
  /** Set where it is what the agent of a run was given; else it is what one would get. */
  readonly attempt?: number;
}

/**
 * Returns the prompt of a spec: what its agent was given last, or would get from `work` now.
 * @param prompt another prompt than the spec or the configuration names
 * @throws ChantError NOT_INITIALISED, SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN, CONFIG_INVALID, FILE_REFUSED
 */
export async function prep(
  workspace: Workspace,
  partial: string,
  prompt: string | undefined,
): Promise<Prepared> {
  const { places, repo } = workspace;
  const id = await requireId(workspace, partial);
  const { config } = await requireConfig(places);
  const record = await readRecord(places, id);
  if (record !== undefined && prompt === undefined) {
    const given = await readIfExists(join(runFolder(places, record), "prompt.md"));
    const name = record.prompt ?? config.defaults.prompt;
    if (given !== undefined) return { id, prompt: name, text: given, attempt: record.attempt };
  }
  const spec = await new SpecFiles(places.specs).get(id);
  if (spec === undefined || isBroken(spec)) {
    const reason = spec === undefined ? "its file is not in this checkout" : spec.message;
    throw new ChantError("SPEC_BROKEN", `${id} cannot be read: ${reason}`, {
      hint: `See where it stands: chant why ${id}`,
    });
  }
  const { root } = config.worktree;
  const name = prompt ?? spec.prompt ?? config.defaults.prompt;
  const text = await promptText(join(places.prompts, `${name}.md`), {
    spec,
    project: config.project.name ?? basename(repo.home),
    isSilent: repo.isSilent === true,
    launch: {
      branch: branchOf(id, config.defaults.branchPrefix),
      worktree: join(await realPath(root).catch(() => root), `chant-${id}`),
      attempt: 1,
    },
  });
  return { id, prompt: name, text };
}
