import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { storeReadOnly } from "../host/object-file.ts";
import { effect } from "../host/effects.ts";
import type { Repository } from "./repository.ts";

export type ObjectType = "blob" | "tree" | "commit";

/** A git object that is known but perhaps not stored yet. */
export interface NewObject {
  readonly oid: string;
  readonly type: ObjectType;
  readonly content: Uint8Array;
}

/** Returns the name that git gives this content. */
export function hashObject(hash: Repository["hash"], type: ObjectType, content: Uint8Array): string {
  return createHash(hash).update(`${type} ${content.length}\0`).update(content).digest("hex");
}

export function newObject(hash: Repository["hash"], type: ObjectType, content: Uint8Array): NewObject {
  return { oid: hashObject(hash, type, content), type, content };
}

/**
 * Stores objects as loose files, flushed, in git's own format. Done in process because a landing writes some six of
 * them: as git processes they would be most of its time.
 */
export async function storeObjects(repo: Repository, objects: readonly NewObject[]): Promise<void> {
  if (objects.length === 0) return;
  await effect("publish.objects", () => {
    for (const object of objects) {
      const folder = join(repo.commonDir, "objects", object.oid.slice(0, 2));
      const header = Buffer.from(`${object.type} ${object.content.length}\0`);
      // git's own clean-up knows files of this name when a crash leaves one behind.
      const aside = `tmp_obj_${randomBytes(6).toString("hex")}`;
      storeReadOnly(folder, object.oid.slice(2), aside, () =>
        deflateSync(Buffer.concat([header, object.content]), { level: 1 }),
      );
    }
  });
}
