import { join } from "node:path";
import type { SpecId } from "../domain/id.ts";
import { readUntrusted } from "../host/files.ts";
import { specPath } from "./places.ts";
import { SPEC_LIMIT_BYTES } from "../domain/spec-bytes.ts";

/** Returns the text of a spec's copy in a worktree, where an agent may have put a pipe, a link or a device in its place. */
export const readWorktreeSpec = (worktree: string, id: SpecId): Promise<string | undefined> =>
  readUntrusted(join(worktree, specPath(id)), SPEC_LIMIT_BYTES);
