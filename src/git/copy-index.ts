import { copyIfExists, setFileTime, statIfExists } from "../host/files.ts";

/**
 * Copies an index, and its time with it; returns whether there was one. git reads a file again that may have changed since
 * without a trace: one whose time is not before that of the index. By a copy that looked newer, it would not see what
 * somebody wrote in that moment, and write over it.
 */
export async function copyIndex(from: string, to: string): Promise<boolean> {
  // Looked at before: of an index that comes into its place meanwhile, a time that is too old costs a look more.
  const stat = await statIfExists(from);
  if (stat === undefined || !(await copyIfExists(from, to))) return false;
  await setFileTime(to, Math.floor(stat.mtimeMs));
  return true;
}
