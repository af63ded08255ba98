import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import { makeFolder, readIfExists, removeFile, writeAtomic } from "../host/files.ts";
import type { Repository } from "./repository.ts";

/** What a landing is about to do to a checkout: enough to finish or undo it after a crash. */
export interface Intent {
  readonly version: 1;
  readonly ref: string;
  readonly from: string;
  readonly to: string;
  readonly checkout: string;
  readonly gitDir: string;
  readonly owned: readonly {
    readonly path: string;
    readonly beforeOid?: string | undefined;
    readonly afterOid?: string | undefined;
    /** It stood as it was committed, so that git writes it with the others: a kill may leave a part of it. */
    readonly isByGit?: true;
  }[];
}

const intentFile = (repo: Repository): string => join(repo.commonDir, "chant", "landing.json");

export async function writeIntent(repo: Repository, intent: Intent): Promise<void> {
  await makeFolder(join(repo.commonDir, "chant"));
  await writeAtomic(intentFile(repo), JSON.stringify(intent));
}

export async function readIntent(repo: Repository): Promise<Intent | undefined> {
  const text = await readIfExists(intentFile(repo));
  if (text === undefined) return undefined;
  const intent = parsed(text);
  if (intent !== undefined) return intent;
  throw new ChantError(
    "FILE_REFUSED",
    `What is known of an unfinished landing is empty or torn: ${intentFile(repo)}.`,
    {
      hint: "Nothing was changed. Look at what differs with: git status. Put it right, then remove that file.",
    },
  );
}

const isOwned = (each: unknown): boolean =>
  typeof each === "object" && each !== null && "path" in each && typeof each.path === "string";

function parsed(text: string): Intent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { ref, from, to, checkout, gitDir, owned } = value as { readonly [key: string]: unknown };
    const isWhole = [ref, from, to, checkout, gitDir].every((each) => typeof each === "string");
    return isWhole && Array.isArray(owned) && owned.every(isOwned) ? (value as Intent) : undefined;
  } catch {
    return undefined;
  }
}

export async function forgetIntent(repo: Repository): Promise<void> {
  await removeFile(intentFile(repo));
}
