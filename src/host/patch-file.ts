import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Some bytes in the middle of a file, and the same number of bytes that take their place. */
export interface Patch {
  readonly offset: number;
  readonly from: Buffer;
  readonly to: Buffer;
}

/**
 * Overwrites bytes of a regular file in place, each only where they are as expected, and flushes. Returns false when some
 * are not; what was written before that stays. Others who write elsewhere in the file at the same time lose nothing,
 * which no way of replacing the file can promise.
 */
export async function patchFile(path: string, patches: readonly Patch[]): Promise<boolean> {
  await using file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  for (const { offset, from, to } of patches) {
    const there = Buffer.alloc(from.length);
    await file.read(there, 0, there.length, offset);
    if (!there.equals(from)) return false;
    await file.write(to, 0, to.length, offset);
  }
  await file.datasync();
  return true;
}
