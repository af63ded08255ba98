import type { Machine } from "../machine.ts";
import { checkoutAt } from "./porcelain.ts";
import type { Store } from "./store.ts";

/**
 * After a loss of power: what chant has named, in a ref or in a file of its own, has to be whole, whoever's git wrote it.
 * Of the rest, what is torn is between an agent and its git, and so is what nothing names any more for that.
 */
export function checkNamed(machine: Machine, home: string): void {
  const { disk, seenCommits } = machine;
  const { store } = checkoutAt(machine, home);
  const named = namedIn(machine, home, store);
  const isCommit = (oid: string): boolean => store.object(oid)?.type === "commit";
  for (const [where, oid] of named) {
    // A tree that is named is that of a commit that is named with it.
    const isWhole = isCommit(oid) ? store.isWhole([oid]) : store.object(oid) !== undefined;
    if (!isWhole) machine.blame(new Error(`${where} names ${oid}, which a loss of power tore`));
  }
  const logs = `${home}/.git/logs`;
  const noted = disk
    .filesBelow(logs)
    .flatMap((name) => [...(disk.text(`${logs}/${name}`) ?? "").matchAll(/\b[0-9a-f]{40}\b/g)])
    .map(([oid]) => oid);
  const heads = disk
    .filesBelow(`${home}/.git/worktrees`)
    .flatMap((name) =>
      name.endsWith("/HEAD") ? [disk.text(`${home}/.git/worktrees/${name}`)?.trim() ?? ""] : [],
    );
  const known = store.reachable([
    ...store.refs().values(),
    ...heads,
    ...noted,
    ...named.map(([, oid]) => oid).filter(isCommit),
  ]);
  for (const oid of seenCommits) if (!known.has(oid) || !store.isWhole([oid])) seenCommits.delete(oid);
}

/** What chant says a commit is, and where: its refs, and the target's; its records, and the launches and ends of runs. */
function namedIn(
  machine: Machine,
  home: string,
  store: Store,
): readonly (readonly [where: string, oid: string])[] {
  const { disk, seenCommits, unflushedObjects } = machine;
  const named = [...store.refs()].filter(
    ([ref]) => ref === "refs/heads/main" || ref.startsWith("refs/chant/"),
  );
  const folder = `${home}/.git/chant`;
  for (const name of disk.filesBelow(folder)) {
    if (!/(?:^|\/)(?:runs\/[^/]+|(?:end|launch)-\d+)\.json$/.test(name)) continue;
    // Which commit was damaged is no promise that it is there.
    const text = (disk.text(`${folder}/${name}`) ?? "").replaceAll(/"damaged": *\{[^}]*\}/g, "");
    for (const [oid] of text.matchAll(/\b[0-9a-f]{40}\b/g)) {
      if (seenCommits.has(oid) || unflushedObjects.has(oid)) named.push([name, oid]);
    }
  }
  return named;
}
