import type { SpecId } from "../domain/id.ts";
import type { BrokenSpec, Spec } from "../domain/spec.ts";
import { refStamp } from "../git/refs.ts";
import type { Repository } from "../git/repository.ts";

/** Spec files as a target has them; undefined is what it does not have. */
export type TargetFiles = Map<SpecId, Spec | BrokenSpec | undefined>;

/** What was read from a target, kept as long as its ref stays where it is. */
export class TargetMemory {
  #stamp: string | undefined;
  #files: TargetFiles = new Map();

  /** Returns what is known of a target, to be added to; no git process starts. */
  async of(repo: Repository, ref: string): Promise<TargetFiles> {
    // Asked before any file is read: when the ref moves meanwhile, all are read again the next time.
    const stamp = await refStamp(repo, ref);
    // A map of its own for each place of the ref: who still reads for an older one does no harm.
    if (stamp === undefined || this.#stamp !== stamp) this.#files = new Map();
    this.#stamp = stamp;
    return this.#files;
  }
}
