import type { Machine } from "../machine.ts";
import { checkoutAt } from "./porcelain.ts";

/**
 * Before a loss of power: of what the git of an agent wrote only that is left to chance which chant has named, in a ref
 * or in a file of its own. What else an agent loses is between it and its git.
 */
export function keepUnnamed(machine: Machine, home: string): void {
  const { disk, unflushedObjects } = machine;
  const { store } = checkoutAt(machine, home);
  const tips = [...store.refs()].flatMap(([ref, oid]) =>
    ref === "refs/heads/main" || ref.startsWith("refs/chant/") ? [oid] : [],
  );
  const folder = `${home}/.git/chant`;
  for (const name of disk.filesBelow(folder)) {
    if (!/\/(?:end-\d+|[^/]+-[^/]+)\.json$/.test(`/${name}`)) continue;
    for (const [oid] of (disk.text(`${folder}/${name}`) ?? "").matchAll(/\b[0-9a-f]{40}\b/g)) {
      if (store.object(oid)?.type === "commit") tips.push(oid);
    }
  }
  const named = new Set<string>();
  for (const commit of store.reachable(tips)) {
    named.add(commit);
    for (const tree of store.trees(commit)) named.add(tree);
    for (const { oid } of store.files(commit).values()) named.add(oid);
  }
  for (const [oid, path] of unflushedObjects) {
    const node = disk.find(path);
    if (node?.kind === "file" && !named.has(oid)) node.durable = node.data;
  }
}
