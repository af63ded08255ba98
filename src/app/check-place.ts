import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import {
  listIfExists,
  makeFolder,
  makeFolderExclusive,
  readIfExists,
  realPath,
  removeTree,
  writeAtomic,
  writePlain,
} from "../host/files.ts";
import { isAlive, isIdentity, ownIdentity, type ProcessIdentity } from "../host/identity.ts";
import { git } from "../git/program.ts";
import { makeScratch, pointTo } from "../git/scratch.ts";
import { infoFile, readGitSettings } from "../git/settings.ts";
import type { Config } from "../domain/config.ts";
import { leasePorts, releasePorts } from "./engine/port-leases.ts";
import { endAgent } from "./runner/agent-process.ts";
import { prepareFiles } from "./runner/prepare.ts";
import type { Workspace } from "./workspace.ts";

/** What is written down before anything else is made, so that whoever comes after a kill can clear it away. */
interface Owner {
  readonly owner: ProcessIdentity;
  /** Carried by all that runs there. */
  readonly token: string;
  readonly path: string;
}

/** How long something that runs there may take to end when nobody wants it any more, in milliseconds. */
const END_MS = 2_000;

/**
 * A folder with the files of one commit and what a run's worktree has besides, for commands whose leavings are thrown
 * away. It is no worktree that git knows of: whatever runs there commits and tags into a scratch.
 */
export class CheckPlace implements AsyncDisposable {
  readonly path: string;
  readonly token: string;
  readonly ports: readonly number[];
  /** A file for what is printed there. */
  readonly outputFile: string;
  readonly #folder: string;

  private constructor(folder: string, { path, token }: Owner, ports: readonly number[]) {
    this.#folder = folder;
    this.path = path;
    this.token = token;
    this.ports = ports;
    this.outputFile = join(folder, "output.log");
  }

  /**
   * Makes it, after clearing away those of processes that are gone.
   * @throws ChantError WORKTREE_FAILED, GIT_FAILED
   */
  static async make(
    { repo, places }: Workspace,
    { worktree: { root, copy, link, ports: count } }: Config,
    commit: string,
  ): Promise<CheckPlace> {
    await clearDead(places.checking);
    await makeFolder(root);
    const token = randomBytes(10).toString("hex");
    const path = join(await realPath(root), `chant-verify-${token.slice(0, 8)}`);
    const folder = join(places.checking, token);
    await makeFolder(folder);
    const owner: Owner = { owner: ownIdentity(), token, path };
    await writeAtomic(ownerFile(folder), JSON.stringify(owner));
    try {
      if (!(await makeFolderExclusive(path))) {
        throw new ChantError("WORKTREE_FAILED", `${path} is there already.`, {
          hint: "Move it away, then try again. Nothing was run.",
        });
      }
      const ports = await leasePorts(token, count, [ownerFile(folder)]);
      const scratch = join(folder, "git");
      await makeScratch(repo, scratch, { settings: await readGitSettings(repo), head: commit });
      const place = { gitDir: scratch, workTree: path, config: "user" } as const;
      await git(place, ["read-tree", "--reset", "-u", "--no-recurse-submodules", commit]);
      await pointTo(path, scratch);
      const worktree = { path, adminDir: scratch };
      const { excluded } = await prepareFiles({ id: "verify", repo, worktree, copy, link });
      const own = (await readIfExists(infoFile(repo, "exclude"))) ?? "";
      await writePlain(join(scratch, "info", "exclude"), [own.trimEnd(), ...excluded, ""].join("\n"));
      return new CheckPlace(folder, owner, ports);
    } catch (error) {
      await clear(folder, owner);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await clear(this.#folder, this);
  }
}

const ownerFile = (folder: string): string => join(folder, "owner.json");

async function clear(folder: string, { token, path }: Pick<Owner, "token" | "path">): Promise<void> {
  await endAgent(token, undefined, END_MS);
  await removeTree(path);
  await releasePorts(token);
  await removeTree(folder);
}

async function clearDead(folder: string): Promise<void> {
  for (const name of await listIfExists(folder)) {
    const owner = readOwner(await readIfExists(ownerFile(join(folder, name))));
    if (owner === undefined || isAlive(owner.owner)) continue;
    await clear(join(folder, name), owner);
  }
}

/** It is written in one step, so one that cannot be read is being made just now, or nobody's. */
function readOwner(text: string | undefined): Owner | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    const isOwner =
      typeof value === "object" &&
      value !== null &&
      "owner" in value &&
      isIdentity(value.owner) &&
      "path" in value;
    return isOwner ? (value as Owner) : undefined;
  } catch {
    return undefined;
  }
}
