/**
 * Returns where the text of a `.git` file points: all of it but the ends of its last line, as git reads it. A folder's
 * name may have a newline in it.
 */
export const gitFileTarget = (text: string | undefined): string | undefined =>
  /^gitdir: ([^]*?)[\r\n]*$/.exec(text ?? "")?.[1] || undefined;
