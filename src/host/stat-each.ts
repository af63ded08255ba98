import { lstatSync, type Stats } from "node:fs";
import { hasCode } from "./files.ts";

/** Looks at many files of one folder, links not followed, without a promise and a path of its own for each. */
export function statEach(
  folder: string,
  names: readonly string[],
  ending: string,
  see: (name: string, stat: Stats) => void,
): void {
  for (const name of names) {
    let stat: Stats | undefined;
    try {
      stat = lstatSync(`${folder}/${name}${ending}`, { throwIfNoEntry: false });
    } catch (error) {
      if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
    }
    if (stat !== undefined) see(name, stat);
  }
}
