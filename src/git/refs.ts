import { join } from "node:path";
import { type Conversation, ConversationEnded, converse } from "../host/conversation.ts";
import { readIfExists, statIfExists } from "../host/files.ts";
import { isChantError } from "../kit/errors.ts";
import { git, gitCommand, gitText } from "./program.ts";
import { commonPlace, type Repository } from "./repository.ts";

/** The name git gives to "no object", for a ref that must not exist yet. */
export const nothing = (repo: Repository): string => "0".repeat(repo.hash === "sha1" ? 40 : 64);

/**
 * Moves a ref from one commit to another in one step; `from` undefined means that it must not exist yet, `to`
 * undefined removes it. Returns false when it stood elsewhere. A symbolic ref is never followed: an agent could have
 * made its branch one, that names a branch of the user's.
 */
export async function swapRef(
  repo: Repository,
  ref: string,
  to: string | undefined,
  from: string | undefined,
  reason: string,
): Promise<boolean> {
  const args =
    to === undefined
      ? ["update-ref", "--no-deref", "-d", ref, from ?? nothing(repo)]
      : ["update-ref", "--no-deref", "-m", reason, ref, to, from ?? nothing(repo)];
  try {
    await git(commonPlace(repo), args);
    return true;
  } catch (error) {
    if (
      isChantError(error, "GIT_FAILED") &&
      /but expected|reference already exists|unable to resolve reference|is missing but/.test(error.message)
    ) {
      return false;
    }
    throw error;
  }
}

/** How many gits stay. The few reasons that come again and again (started, landed, both) have one each. */
const KEPT = 4;

/**
 * Moves refs like `swapRef`, with gits that stay: for a process that lands again and again. Each has one reason for the
 * reflog, which git takes once for all that it is told to do.
 */
export class RefWriter implements Disposable {
  readonly #repo: Repository;
  /** By reason, the one that was used last at the end. */
  readonly #gits = new Map<string, Conversation>();

  constructor(repo: Repository) {
    this.#repo = repo;
  }

  async swap(
    ref: string,
    to: string | undefined,
    from: string | undefined,
    reason: string,
  ): Promise<boolean> {
    const old = from ?? nothing(this.#repo);
    const order = to === undefined ? `delete ${ref} ${old}` : `update ${ref} ${to} ${old}`;
    const asked = this.#conversation(reason, to === undefined);
    try {
      await asked.with.ask(`start\noption no-deref\n${order}\ncommit\n`, committed);
      return true;
    } catch (error) {
      if (!(error instanceof ConversationEnded)) throw error;
      // It ends at the first refusal, without a word that could be read here: asked once more, git says why.
      if (this.#gits.get(asked.reason) === asked.with) this.#end(asked.reason);
      if (await swapRef(this.#repo, ref, to, from, reason)) return true;
      // Killed with the order before it, it may have carried it out.
      return error.isDoubtful && (await readRef(this.#repo, ref)) === to;
    }
  }

  /** A ref that is removed takes its reflog with it, so that any of them will do. */
  #conversation(
    reason: string,
    isRemoval: boolean,
  ): { readonly with: Conversation; readonly reason: string } {
    const kept = isRemoval ? ([...this.#gits.keys()].at(-1) ?? reason) : reason;
    const found =
      this.#gits.get(kept) ??
      converse(gitCommand(commonPlace(this.#repo), ["update-ref", "-m", kept, "--stdin"]));
    this.#gits.delete(kept);
    this.#gits.set(kept, found);
    const [oldest] = this.#gits.keys();
    if (this.#gits.size > KEPT && oldest !== undefined) this.#end(oldest);
    return { with: found, reason: kept };
  }

  #end(reason: string): void {
    this.#gits.get(reason)?.[Symbol.dispose]();
    this.#gits.delete(reason);
  }

  [Symbol.dispose](): void {
    for (const reason of this.#gits.keys()) this.#end(reason);
  }
}

function committed(buffer: Buffer): { readonly value: true; readonly used: number } | undefined {
  const answer = "commit: ok\n";
  const at = buffer.indexOf(answer);
  return at < 0 ? undefined : { value: true, used: at + answer.length };
}

/** Returns what a ref file of git's usual format holds; undefined when the ref is stored in another way or not at all. */
export async function looseRef(commonDir: string, ref: string): Promise<string | undefined> {
  const text = (await readIfExists(join(commonDir, ref)).catch(() => undefined))?.trim();
  return text !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : undefined;
}

/**
 * Returns words that change whenever a ref may have moved, without a git process: the commit where a file of its own holds
 * it, else a stamp of whatever holds all refs. Undefined where that cannot be told, as of a symbolic ref.
 */
export async function refStamp(
  { commonDir }: Pick<Repository, "commonDir">,
  ref: string,
): Promise<string | undefined> {
  const loose = await looseRef(commonDir, ref);
  if (loose !== undefined) return `${ref} ${loose}`;
  if ((await statIfExists(join(commonDir, ref))) !== undefined) return undefined;
  const stats = await Promise.all(
    ["packed-refs", join("reftable", "tables.list")].map((path) => statIfExists(join(commonDir, path))),
  );
  return [ref, ...stats.map((stat) => `${stat?.ino} ${stat?.size} ${stat?.mtimeMs}`)].join(" ");
}

const SAYS_NONE = /not a git repository|is corrupt|is empty|unable to unpack/;

/** Returns the commit of a ref, asking git itself; undefined also where it is damaged. For many reads see ObjectReader. */
export async function readRef(repo: Repository, ref: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  try {
    const out = await gitText(commonPlace(repo), args, { accept: [0, 1] });
    return out === "" ? undefined : out;
  } catch (error) {
    // A checkout that somebody is just removing has no refs any more; whatever else fails has said nothing of the ref.
    if (isChantError(error, "GIT_FAILED") && SAYS_NONE.test(error.message)) return undefined;
    throw error;
  }
}

/** Returns the full names of all local branches. */
export async function localBranches(repo: Repository): Promise<readonly string[]> {
  const out = await gitText(commonPlace(repo), ["for-each-ref", "--format=%(refname)", "refs/heads"]);
  return out === "" ? [] : out.split("\n");
}

/** Returns the local branches with their commits. Nothing is read of these: one that is damaged is in the list as well. */
export async function branchTips(
  repo: Repository,
): Promise<readonly { readonly ref: string; readonly tip: string }[]> {
  const out = await gitText(commonPlace(repo), [
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/heads",
  ]);
  return out.split("\n").flatMap((line) => {
    const [tip = "", ref = ""] = line.split(" ");
    return ref === "" ? [] : [{ ref, tip }];
  });
}

const WITH_COMMITS = ["refs/heads", "refs/remotes", "refs/tags"];

/**
 * Returns the refs that a commit is part of: branches, those of other repositories, and tags. One that is damaged is left
 * out: nothing is sure to be part of it.
 */
export async function refsWith(repo: Repository, commit: string): Promise<readonly string[]> {
  const list = (...args: readonly string[]): Promise<readonly string[]> =>
    gitText(commonPlace(repo), ["for-each-ref", "--format=%(refname)", ...args]).then((out) =>
      out.split("\n").filter((ref) => ref !== ""),
    );
  try {
    return await list(`--contains=${commit}`, ...WITH_COMMITS);
  } catch (error) {
    if (!isChantError(error, "GIT_FAILED")) throw error;
  }
  // git gives up at the first that is damaged, so that each is asked by itself.
  const found: string[] = [];
  for (const ref of await list(...WITH_COMMITS)) {
    try {
      if ((await list(`--contains=${commit}`, ref)).includes(ref)) found.push(ref);
    } catch (error) {
      if (!isChantError(error, "GIT_FAILED")) throw error;
    }
  }
  return found;
}

/** Returns a newest commit that two have in common; undefined when their histories never met. */
export async function mergeBase(repo: Repository, one: string, other: string): Promise<string | undefined> {
  const out = await gitText(commonPlace(repo), ["merge-base", one, other], { accept: [0, 1] });
  return out === "" ? undefined : out;
}

/** Returns true when every commit of `ancestor` is part of `descendant`. */
export async function isAncestor(repo: Repository, ancestor: string, descendant: string): Promise<boolean> {
  if (ancestor === descendant) return true;
  const result = await git(commonPlace(repo), ["merge-base", "--is-ancestor", ancestor, descendant], {
    accept: [0, 1],
  });
  return result.status === 0;
}

/** Tells whether git allows a name for a branch. */
export async function isBranchName(repo: Repository, name: string): Promise<boolean> {
  if (name === "" || name.startsWith("-")) return false;
  const result = await git(commonPlace(repo), ["check-ref-format", `refs/heads/${name}`], { accept: [0, 1] });
  return result.status === 0;
}
