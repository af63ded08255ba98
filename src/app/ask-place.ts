import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { SpecId } from "../domain/id.ts";
import { ChantError } from "../kit/errors.ts";
import {
  makeFolder,
  makeFolderExclusive,
  readIfExists,
  realPath,
  removeTree,
  writeAtomic,
} from "../host/files.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "../host/identity.ts";
import { KernelLock } from "../host/kernel-lock.ts";
import { exportHead } from "../git/export-head.ts";
import type { Repository } from "../git/repository.ts";
import { endAgent } from "./runner/agent-process.ts";
import type { Workspace } from "./workspace.ts";

/** What is written down before anything else is made, so that whoever comes after a kill can clear it away. */
interface Owner {
  readonly owner: ProcessIdentity;
  /** Carried by all that the agent starts. */
  readonly token: string;
  /** The copy of the repository. */
  readonly copy: string;
}

/** How long an agent may take to end when nobody wants its answer any more, in milliseconds. */
const END_MS = 2_000;

/**
 * Where an agent is asked about one spec: a copy of the repository's files in a folder that is no checkout, which goes in
 * the end with whatever the agent did there, and a folder of chant's own for prompt and output.
 */
export class AskPlace implements AsyncDisposable {
  readonly folder: string;
  readonly copy: string;
  readonly token: string;
  readonly #repo: Repository;

  private constructor(repo: Repository, folder: string, { copy, token }: Owner) {
    this.#repo = repo;
    this.folder = folder;
    this.copy = copy;
    this.token = token;
  }

  /**
   * Claims the place, after clearing away what a killed call left of its own.
   * @param root where the copy goes
   * @throws ChantError SPEC_BUSY when another process is asking about the spec
   */
  static async open({ repo, places }: Workspace, id: SpecId, root: string): Promise<AskPlace> {
    const folder = join(places.asking, id);
    await makeFolder(root);
    const token = randomBytes(10).toString("hex");
    const copy = join(await realPath(root), `chant-split-${id}-${token.slice(0, 8)}`);
    using lock = new KernelLock(places.kernelLock);
    const owner = await lock.hold(async () => {
      const before = readOwner(await readIfExists(ownerFile(folder)));
      if (before !== undefined && isAlive(before.owner)) {
        throw new ChantError("SPEC_BUSY", `Process ${before.owner.pid} is asking for the members of ${id}.`, {
          hint: "Wait until it is through, or end it. Nothing was changed.",
        });
      }
      const mine: Owner = { owner: ownIdentity(), token, copy };
      if (before !== undefined) await clear(before);
      await removeTree(folder);
      await makeFolder(folder);
      await writeAtomic(ownerFile(folder), JSON.stringify(mine));
      return mine;
    });
    return new AskPlace(repo, folder, owner);
  }

  /** Makes the copy, anew where an earlier question left one: no agent sees what another one did there. */
  async refresh(): Promise<void> {
    await removeTree(this.copy);
    if (!(await makeFolderExclusive(this.copy))) {
      throw new ChantError("WORKTREE_FAILED", `${this.copy} is there already.`, {
        hint: "Move it away, then try again. Nothing was written.",
      });
    }
    await exportHead(this.#repo, this.copy, this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await clear(this);
    await removeTree(this.folder);
  }
}

const ownerFile = (folder: string): string => join(folder, "owner.json");

/** It is written in one step, so one that cannot be read is nobody's. */
function readOwner(text: string | undefined): Owner | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Owner);
  } catch {
    return undefined;
  }
}

async function clear({ token, copy }: Pick<Owner, "token" | "copy">): Promise<void> {
  await endAgent(token, undefined, END_MS);
  await removeTree(copy);
}
