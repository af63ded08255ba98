import { formatSize } from "./size.ts";

/** Something that git ignores in a worktree: a file, or a folder that is ignored as a whole. */
export interface Ignored {
  /** Below the worktree; a folder's ends in a slash. */
  readonly path: string;
  /** Its plain files and links, by their paths below the worktree. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** It holds more than that: nobody went on counting. */
  readonly isMore?: boolean;
  /** Why no snapshot can hold it. */
  readonly obstacle?: string;
}

/** Chooses what of it a snapshot takes: each as a whole, the smallest first, as long as all of it stays within the limit. */
export function chooseIgnored(
  found: readonly Ignored[],
  limitBytes: number,
): { readonly kept: readonly Ignored[]; readonly left: readonly Ignored[] } {
  const kept: Ignored[] = [];
  const left: Ignored[] = [];
  let bytes = 0;
  for (const each of found.toSorted((a, b) => a.bytes - b.bytes)) {
    const isIn = each.isMore !== true && each.obstacle === undefined && bytes + each.bytes <= limitBytes;
    // With a limit of 0 not even empty files are wanted.
    if (isIn && limitBytes > 0) {
      bytes += each.bytes;
      kept.push(each);
    } else if (each.files.length > 0 || each.obstacle !== undefined) {
      left.push(each);
    }
  }
  return { kept, left };
}

/** How many are named before the rest is counted. */
const NAMED = 5;

/** Names them, the largest first. */
export function ignoredWords(all: readonly Ignored[]): string {
  const named = all.toSorted((a, b) => b.bytes - a.bytes).slice(0, NAMED);
  const words = named.map(({ path, bytes, isMore, obstacle }) => {
    const size = `${isMore === true ? "more than " : ""}${formatSize(bytes)}`;
    return `${path} (${obstacle ?? size})`;
  });
  const others = all.length - named.length;
  return [...words, ...(others === 0 ? [] : [`and ${others} more`])].join(", ");
}
