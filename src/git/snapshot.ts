import { effect } from "../host/effects.ts";
import { makeCommit, type Signature } from "./commit.ts";
import { storeObjects } from "./objects.ts";
import { swapRef } from "./refs.ts";
import type { Repository } from "./repository.ts";

/** Where work is kept that no branch holds: `refs/chant/snapshots/ID/TIME`. */
const SNAPSHOT_PREFIX = "refs/chant/snapshots/";

/**
 * Keeps a tree (and the commits below it) under a hidden ref, and returns the ref.
 */
export async function keepSnapshot(
  repo: Repository,
  id: string,
  what: { readonly tree: string; readonly parents: readonly string[]; readonly reason: string },
  signature: Signature,
): Promise<string> {
  const time = new Date(signature.nowMs).toISOString().replaceAll(/[-:]/g, "");
  const message = `chant: snapshot of ${id}\n\n${what.reason}\n`;
  const commit = await makeCommit(
    repo,
    { tree: what.tree, parents: what.parents, message },
    { ...signature, sign: false },
  );
  await storeObjects(repo, commit.objects);
  for (let n = 0; ; n += 1) {
    const ref = `${SNAPSHOT_PREFIX}${id}/${time}${n === 0 ? "" : `-${n}`}`;
    if (await effect("runner.snapshot", () => swapRef(repo, ref, commit.oid, undefined, what.reason))) {
      return ref;
    }
  }
}
