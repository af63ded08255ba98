import { join } from "node:path";
import type { SpecId } from "../domain/id.ts";
import { createAtomic, listIfExists } from "../host/files.ts";
import { isAlive, isIdentity, type ProcessIdentity } from "../host/identity.ts";
import { ChantError } from "../kit/errors.ts";
import { readJson } from "./engine/launch-files.ts";
import { readRecord, type RunRecord, runFolder } from "./engine/record.ts";
import { requireId, type Workspace } from "./workspace.ts";

/** What an agent of the provider `acp` asks a person before it goes on. */
export interface PermissionRequest {
  readonly key: string;
  readonly title: string;
  readonly askedAtMs: number;
  /** The process that waits for the answer. */
  readonly by: ProcessIdentity;
}

export const requestFile = (folder: string, key: string): string => join(folder, `permission-${key}.json`);
export const answerFile = (folder: string, key: string): string => join(folder, `permission-${key}.answer`);

export interface Permitted {
  readonly id: SpecId;
  readonly title: string;
  readonly isAllowed: boolean;
  /** How many questions wait besides. */
  readonly left: number;
}

/**
 * Answers the oldest question that the agent of a spec has to a person.
 * @throws ChantError NOTHING_ASKED when nothing waits for an answer
 */
export async function permit(workspace: Workspace, partial: string, isAllowed: boolean): Promise<Permitted> {
  const id = await requireId(workspace, partial);
  const record = await readRecord(workspace.places, id);
  const waiting = await questionsOf(workspace, record);
  const [first] = waiting;
  if (record === undefined || first === undefined) {
    throw new ChantError("NOTHING_ASKED", `The agent of ${id} waits for no permission.`, {
      hint: `What it does: chant log ${id}`,
    });
  }
  const folder = runFolder(workspace.places, record);
  // Whoever answers first is heard.
  await createAtomic(answerFile(folder, first.key), isAllowed ? "allow\n" : "deny\n");
  return { id, title: first.title, isAllowed, left: waiting.length - 1 };
}

/** Returns what the agent of a run asks a person and waits for, oldest first. */
export const questionsOf = async (
  { places }: Workspace,
  record: RunRecord | undefined,
): Promise<readonly PermissionRequest[]> =>
  record === undefined ? [] : waitingIn(runFolder(places, record));

/** Returns the questions whose asker still waits, oldest first. */
async function waitingIn(folder: string): Promise<readonly PermissionRequest[]> {
  const names = await listIfExists(folder);
  const keys = names.flatMap((name) => /^permission-([-\w]+)\.json$/.exec(name)?.[1] ?? []);
  const open = keys.filter((key) => !names.includes(`permission-${key}.answer`));
  const requests = await Promise.all(
    open.map((key) => readJson<PermissionRequest>(requestFile(folder, key))),
  );
  return requests
    .flatMap((request) =>
      request !== undefined && isIdentity(request.by) && isAlive(request.by) ? [request] : [],
    )
    .toSorted((a, b) => a.askedAtMs - b.askedAtMs);
}
