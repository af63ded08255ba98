import { join } from "node:path";
import { statIfExists } from "../host/files.ts";

/**
 * Knows the index files that this process itself put in place last: in those nothing is staged that chant does not
 * know of, so that they need not be searched again.
 */
export class IndexMemory {
  readonly #stamps = new Map<string, string>();

  async isOurs(gitDir: string): Promise<boolean> {
    return this.#stamps.has(gitDir) && this.#stamps.get(gitDir) === (await stampOf(gitDir));
  }

  async remember(gitDir: string, isWithoutStagedSpecs: boolean): Promise<void> {
    if (isWithoutStagedSpecs) this.#stamps.set(gitDir, await stampOf(gitDir));
    else this.#stamps.delete(gitDir);
  }
}

async function stampOf(gitDir: string): Promise<string> {
  const stat = await statIfExists(join(gitDir, "index"));
  return stat === undefined ? "none" : `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
}
