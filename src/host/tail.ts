import { open } from "node:fs/promises";

/** Returns the last whole or half line of a file that is not empty, from its last bytes; undefined when there is none. */
export async function lastLine(path: string, limitBytes = 2048): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, limitBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
    return lines.map((line) => line.trim()).findLast((line) => line !== "");
  } finally {
    await file.close();
  }
}
