import { join } from "node:path";
import { derive, type Derivation, type DerivationFacts } from "../domain/derive.ts";
import { editFrontMatter, parseFrontMatter } from "../domain/front-matter.ts";
import { resolveId, type SpecId } from "../domain/id.ts";
import { isBroken } from "../domain/spec.ts";
import { ChantError } from "../kit/errors.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { replaceFile } from "../host/replace-file.ts";
import { commonPlace, branchOfHead } from "../git/repository.ts";
import { readConfig as readGitConfig } from "../git/settings.ts";
import { requireConfig } from "../store/config.ts";
import { specPath } from "../store/places.ts";
import { SpecFiles } from "../store/spec-files.ts";
import { readRecords } from "./engine/record.ts";
import { requireInitialised, type Workspace } from "./workspace.ts";

export interface DeriveRequest {
  /** Parts of ids; none where all specs are meant. */
  readonly partials: readonly string[];
  readonly isDryRun: boolean;
  readonly env: DerivationFacts["env"];
}

/** What was derived for one spec. */
export interface Derived extends Derivation {
  readonly id: SpecId;
  /** Why nothing was written although something was to be: it has a run, or somebody saved it at that moment. */
  readonly left?: string;
}

/**
 * Sets keys of specs from what the configuration says under `enterprise.derived`. Specs with a run are left alone, for
 * their agents have copies of their own; what cannot be read is, too. Nothing is committed.
 * @throws ChantError NOT_INITIALISED, CONFIG_INVALID, USAGE without rules, SPEC_UNKNOWN, SPEC_AMBIGUOUS, SPEC_BROKEN,
 * LOCK_BUSY; nothing is written then
 */
export async function deriveKeys(workspace: Workspace, request: DeriveRequest): Promise<readonly Derived[]> {
  await requireInitialised(workspace);
  const { places } = workspace;
  const rules = (await requireConfig(places)).config.enterprise.derived;
  if (Object.keys(rules).length === 0) {
    throw new ChantError(
      "USAGE",
      "There is nothing to derive: the configuration has no enterprise.derived.",
      {
        hint: 'For example, in .chant/config.md: enterprise: { derived: { ticket: { from: branch, pattern: "([A-Z]+-\\\\d+)" } } }',
      },
    );
  }
  const facts = await readFacts(workspace, request.env);
  // Landings write to the same files.
  using lock = new KernelLock(places.landLock);
  return await lock.hold(async () => {
    const specs = await new SpecFiles(places.specs).all();
    const records = await readRecords(places);
    const ids = new Set(request.partials.map((partial) => resolveId(partial, specs.keys())));
    const found: Derived[] = [];
    for (const [id, spec] of specs) {
      if (request.partials.length > 0 && !ids.has(id)) continue;
      if (isBroken(spec)) {
        if (ids.has(id)) throw broken(id, spec.message);
        continue;
      }
      const read = parseFrontMatter(spec.text, "strings");
      const derivation = derive(spec, specPath(id), read.ok ? read.data : new Map(), rules, facts);
      const isChange = Object.keys(derivation.changes).length > 0;
      if (!isChange || request.isDryRun) {
        found.push({ id, ...derivation });
      } else if (records.has(id)) {
        found.push({ id, ...derivation, left: "it has a run, whose agent has a copy of its own" });
      } else {
        const text = editFrontMatter(spec.text, derivation.changes);
        const path = join(places.specs, `${id}.md`);
        const replaced = await replaceFile(path, Buffer.from(spec.text, "utf8"), text);
        const left = replaced === "replaced" ? {} : { left: "somebody else wrote to it" };
        found.push({ id, ...derivation, ...left });
      }
    }
    return found;
  });
}

async function readFacts({ repo }: Workspace, env: DerivationFacts["env"]): Promise<DerivationFacts> {
  const [head, settings] = await Promise.all([
    branchOfHead(repo.gitDir),
    readGitConfig({ ...commonPlace(repo), config: "user" }),
  ]);
  const setting = (name: string): string | undefined => settings.get(name)?.at(-1);
  return {
    branch: head?.replace(/^refs\/heads\//, ""),
    env,
    user: { name: setting("user.name"), email: setting("user.email") },
  };
}

const broken = (id: SpecId, message: string): ChantError =>
  new ChantError("SPEC_BROKEN", `${id} cannot be read: ${message}`, {
    hint: `Mend it: chant edit ${id}. Nothing was written.`,
  });
