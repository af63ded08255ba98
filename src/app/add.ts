import { join, relative } from "node:path";
import type { Clock } from "../kit/clock.ts";
import { ChantError, isChantError } from "../kit/errors.ts";
import { closest } from "../kit/text.ts";
import type { ChantEvent } from "../domain/event.ts";
import { agentNamed } from "../domain/config.ts";
import type { SpecId } from "../domain/id.ts";
import { isBroken, type NewSpec, newSpecText, parseSpec } from "../domain/spec.ts";
import { fillTemplate } from "../domain/template-fill.ts";
import { specOfTemplate } from "../domain/template-spec.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { commitFile } from "../git/commit-file.ts";
import { requireConfig } from "../store/config.ts";
import { type Places, specPath } from "../store/places.ts";
import { promptNames } from "../store/prompt-files.ts";
import { createSpec } from "../store/spec-files.ts";
import { requireTemplate } from "../store/template-files.ts";
import { addMember } from "./add-member.ts";
import { requireId, requireInitialised, type Workspace } from "./workspace.ts";

export interface AddRequest {
  /** Its `dependsOn` may hold parts of ids; a template may know the title. */
  readonly spec: Omit<NewSpec, "title"> & { readonly title?: string | undefined };
  /** A template by name, and values for its variables. */
  readonly template?: { readonly name: string; readonly values: ReadonlyMap<string, string> };
  /** The driver, or a part of its id, of which it becomes a member. */
  readonly group?: string;
  /** Commits the new file, and nothing else. */
  readonly commit: boolean;
}

export interface Added {
  readonly id: SpecId;
  readonly title: string;
  /** Relative to home. */
  readonly path: string;
  readonly commit?: string;
  /** Drivers that were completed and are open again for it. */
  readonly reopened?: readonly SpecId[];
}

/**
 * Writes a new spec.
 * @throws ChantError USAGE, TEMPLATE_UNKNOWN, CONFIG_INVALID, SPEC_UNKNOWN, SPEC_AMBIGUOUS, AGENT_UNKNOWN before anything was written; GIT_FAILED after
 */
export async function add(
  workspace: Workspace,
  request: AddRequest,
  clock: Clock,
  onEvent: (event: ChantEvent) => void,
): Promise<Added> {
  await requireInitialised(workspace);
  const { places, repo } = workspace;
  if (request.commit && repo.isSilent === true) {
    throw new ChantError(
      "USAGE",
      "This project is silent: git never sees its specs, so there is nothing to commit.",
      {
        hint: "Leave out --commit. Nothing was written.",
      },
    );
  }
  const spec = await checked(workspace, await drafted(workspace, request));
  const text = newSpecText(spec);
  if (request.template !== undefined) requireReadable(text, request.template.name);
  const made =
    request.group === undefined
      ? { id: await createAlone(places, clock, text) }
      : await addMember(workspace, request.group, text, onEvent);
  const path = relative(repo.home, join(places.specs, `${made.id}.md`));
  const added = { ...made, title: spec.title, path };
  if (!request.commit) return added;
  return { ...added, commit: await commitSpec(repo.home, added) };
}

/** Lays what was said over what the template makes of it. */
async function drafted({ places }: Workspace, { spec, template }: AddRequest): Promise<NewSpec> {
  const { title } = spec;
  if (template === undefined) return { ...spec, title: title ?? "" };
  const found = await requireTemplate(places, template.name);
  return specOfTemplate(fillTemplate(found, template.values, title), spec);
}

/** A template may give a key a value that the key cannot have. */
function requireReadable(text: string, name: string): void {
  const spec = parseSpec("2026-01-01-001-aaa", text);
  if (!isBroken(spec)) return;
  throw new ChantError(
    "CONFIG_INVALID",
    `A spec by the template "${name}" could not be read: ${spec.message}`,
    {
      hint: `Look at the template: chant template show ${name}. Nothing was written.`,
    },
  );
}

async function createAlone(places: Places, clock: Clock, text: string): Promise<SpecId> {
  using lock = new KernelLock(places.kernelLock);
  return await lock.hold(() => createSpec(places.specs, clock, () => text));
}

async function checked(workspace: Workspace, spec: NewSpec): Promise<NewSpec> {
  const title = spec.title.trim();
  if (title === "") {
    throw new ChantError("USAGE", "A spec needs a title.", {
      hint: 'For example: chant add "Sort the list"',
    });
  }
  for (const [what, words] of [
    ["criterion", spec.criteria],
    ["label", spec.labels],
  ] as const) {
    if (words?.some((each) => each.trim() === "") !== true) continue;
    throw new ChantError("USAGE", `A ${what} needs words.`, {
      hint: `Leave --${what} out, or say it. Nothing was written.`,
    });
  }
  const { places } = workspace;
  if (spec.agent !== undefined) agentNamed((await requireConfig(places)).config, spec.agent);
  if (spec.prompt !== undefined) {
    const names = await promptNames(places.prompts);
    if (!names.includes(spec.prompt)) {
      const near = closest(spec.prompt, names);
      throw new ChantError("USAGE", `There is no prompt "${spec.prompt}".`, {
        hint:
          near === undefined
            ? `Write it first: ${join(places.prompts, `${spec.prompt}.md`)}`
            : `Did you mean "${near}"? Prompts are files in .chant/prompts.`,
      });
    }
  }
  const given = spec.dependsOn ?? [];
  const dependsOn = await Promise.all(given.map((partial) => requireId(workspace, partial)));
  return { ...spec, title, dependsOn: [...new Set(dependsOn)] };
}

async function commitSpec(home: string, { id, title, path }: Added): Promise<string> {
  try {
    return await commitFile(home, path, `Add ${id}: ${title.replaceAll(/\s+/g, " ")}`);
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED")) throw error;
    throw new ChantError("GIT_FAILED", `${id} was added as ${path}, but ${error.message}`, {
      hint: `It can be worked without a commit of its own. To commit it: git add ${specPath(id)} && git commit`,
      cause: error,
    });
  }
}
