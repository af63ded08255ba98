import { join, resolve } from "node:path";
import { type Check, checkOf } from "../../domain/doctor.ts";
import { isChantError } from "../../kit/errors.ts";
import { plural } from "../../kit/text.ts";
import { listIfExists } from "../../host/files.ts";
import { git } from "../../git/program.ts";
import { commonPlace, type Repository } from "../../git/repository.ts";
import { readGitSettings, setting } from "../../git/settings.ts";
import type { Workspace } from "../workspace.ts";

const LIMIT_MS = 5_000;

/** Looks at which git there is, and whether chant can work with it. */
export async function checkGit({ repo }: Workspace): Promise<readonly Check[]> {
  try {
    const place = { ...commonPlace(repo), config: "user" as const };
    const { stdout } = await git(place, ["version"], { timeoutMs: LIMIT_MS });
    const version = stdout.toString("utf8").trim();
    await readGitSettings(repo);
    return [checkOf("git", "ok", version)];
  } catch (error) {
    if (!isChantError(error)) throw error;
    return [checkOf("git", "broken", error.message, error.hint)];
  }
}

/** Looks at what in git's configuration does not go well with chant. */
export async function checkGitConfig({ repo }: Workspace): Promise<readonly Check[]> {
  const settings = await readGitSettings(repo).catch(() => undefined);
  if (settings === undefined) return [];
  const found: Check[] = [];
  const prune = setting(settings, "gc.pruneexpire");
  if (prune !== undefined && /^(now|all)$/i.test(prune.trim())) {
    found.push(
      checkOf(
        "git-config",
        "warning",
        `gc.pruneExpire is ${prune}: a git gc that runs while something lands removes what it is about to use.`,
        "git config --unset gc.pruneExpire   (with --global where it stands there)",
      ),
    );
  }
  const hooks = await hooksOf(repo, setting(settings, "core.hookspath"));
  if (hooks.length > 0) {
    found.push(
      checkOf(
        "git-config",
        "info",
        `${plural(hooks.length, "hook")} (${hooks.join(", ")}): agents' commits run them, chant's own commits do not (merge.gates can do what they do)`,
      ),
    );
  }
  return found;
}

async function hooksOf(repo: Repository, path: string | undefined): Promise<readonly string[]> {
  const names = await listIfExists(
    path === undefined ? join(repo.commonDir, "hooks") : resolve(repo.home, path),
  );
  return names.filter((name) => /^[a-z-]+$/.test(name)).toSorted();
}
