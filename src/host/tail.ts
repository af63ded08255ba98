import { open } from "node:fs/promises";

/**
 * Returns the lines in the last bytes of a file, of which the first may lack its beginning and the last its end; none when
 * there is no such file.
 */
export async function tailLines(path: string, limitBytes = 16 * 1024): Promise<readonly string[]> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, limitBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, bytesRead).split("\n");
  } finally {
    await file.close();
  }
}
