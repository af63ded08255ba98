import type { SpecId } from "./id.ts";
import { pathPattern } from "./path-pattern.ts";

/** A path that a run changes. */
export interface PathChange {
  /** From the top of the repository, with slashes. */
  readonly path: string;
  /** Whether a symbolic link stands there afterwards. */
  readonly isLink: boolean;
}

/*
 * What decides what runs later, on this machine or another: chant's own configuration and prompts, the files of other
 * specs, what agents and editors load by themselves, what hooks and CI run, and what git does with files. Names in
 * lower case: on some filesystems `.Chant/config.md` is the same file.
 */
const STEERING: readonly RegExp[] = [
  /^\.chant\/(config[^/]*|\.gitignore|(prompts|specs)(\/.*)?)$/,
  /(^|\/)\.claude(\/|$)/,
  /(^|\/)\.mcp\.json$/,
  /(^|\/)\.gitattributes$/,
  /^\.gitmodules$/,
  /^\.worktreeinclude$/,
  /^\.github\/(workflows|actions)(\/|$)/,
  /^\.gitlab-ci\.yml$/,
  /^\.circleci(\/|$)/,
  /^\.husky(\/|$)/,
  /^\.pre-commit-config\.yaml$/,
  /^\.?lefthook\.ya?ml$/,
];

/**
 * Returns the paths among a run's changes that steer what runs later, and that its spec does not name: a person must
 * have asked for such a change. A symbolic link counts wherever it stands, for what is written through it lands where
 * it points. The spec's own file is its agent's to tick and to write in.
 * @param targetFiles the `target_files` of the spec as it started: what its agent adds to them counts for nothing
 */
export function steeringPaths(
  id: SpecId,
  changes: readonly PathChange[],
  targetFiles: readonly string[],
): readonly string[] {
  const own = `.chant/specs/${id}.md`;
  const isNamed = isNamedBy(targetFiles);
  return changes
    .filter(({ path, isLink }) => isLink || (path !== own && isSteering(path)))
    .map(({ path }) => path)
    .filter((path) => !isNamed(path));
}

/** Tells of a path whether a spec with these `target_files` asks for a change of it. */
export function isNamedBy(targetFiles: readonly string[]): (path: string) => boolean {
  const allowed = targetFiles.map(pathPattern);
  return (path) => allowed.some((pattern) => pattern.test(path));
}

const isSteering = (path: string): boolean => STEERING.some((pattern) => pattern.test(path.toLowerCase()));
