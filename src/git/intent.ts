import { join } from "node:path";
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
  }[];
}

const intentFile = (repo: Repository): string => join(repo.commonDir, "chant", "landing.json");

export async function writeIntent(repo: Repository, intent: Intent): Promise<void> {
  await makeFolder(join(repo.commonDir, "chant"));
  await writeAtomic(intentFile(repo), JSON.stringify(intent));
}

export async function readIntent(repo: Repository): Promise<Intent | undefined> {
  const text = await readIfExists(intentFile(repo));
  return text === undefined ? undefined : (JSON.parse(text) as Intent);
}

export async function forgetIntent(repo: Repository): Promise<void> {
  await removeFile(intentFile(repo));
}
