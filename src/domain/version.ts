/**
 * Compares two versions as semver does, as far as chant's own go: below 0 when `a` is older, above 0 when it is newer.
 * What is no version counts as the oldest.
 */
export function compareVersions(a: string, b: string): number {
  const [one, two] = [partsOf(a), partsOf(b)];
  for (let at = 0; at < 3; at += 1) {
    const difference = (one.numbers[at] ?? -1) - (two.numbers[at] ?? -1);
    if (difference !== 0) return difference;
  }
  // A version before its release is older than the release.
  if (one.before === two.before) return 0;
  if (one.before === "" || two.before === "") return one.before === "" ? 1 : -1;
  return one.before < two.before ? -1 : 1;
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly before: string } {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-([^+]+))?/.exec(version.trim());
  return { numbers: match === null ? [] : match.slice(1, 4).map(Number), before: match?.[4] ?? "" };
}
