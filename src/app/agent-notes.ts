import { join } from "node:path";
import { AGENT_NOTES } from "../domain/agent-notes.ts";
import { hasBlock, withBlock, withoutBlock } from "../domain/marked-block.ts";
import { ChantError } from "../kit/errors.ts";
import { decodeUtf8 } from "../kit/utf8.ts";
import { createAtomic, readBytesIfExists, removeFile, statIfExists } from "../host/files.ts";
import { replaceFile } from "../host/replace-file.ts";

/** The files in which agents look for what they should know of a repository. */
const FILES = ["AGENTS.md", "CLAUDE.md"] as const;

type NoteFile = (typeof FILES)[number];

/** What is to become of the notes for agents: `write` also where there are none so far, `renew` only where there are. */
export type NotesWish =
  | { readonly kind: "write"; readonly files: readonly NoteFile[] }
  | { readonly kind: "renew" | "remove" };

/** The files that the notes are meant for when agents are started by this command line. */
export const noteFilesFor = (agent: readonly string[]): readonly NoteFile[] =>
  agent[0]?.split("/").at(-1) === "claude" ? FILES : ["AGENTS.md"];

/** What is to become of one of the files. */
export interface NoteStep {
  readonly name: NoteFile;
  readonly from: Buffer | undefined;
  /** Undefined removes the file: nothing but the notes was in it. */
  readonly to: string | undefined;
}

/**
 * Says what becomes of chant's notes between its marks in AGENTS.md and CLAUDE.md. All else in these files stays; what
 * is a link is left, and so is a file that is not there unless it was asked for.
 * @throws ChantError FILE_REFUSED when the marks of a file do not pair
 */
export async function planNotes(home: string, wish: NotesWish): Promise<readonly NoteStep[]> {
  return (await Promise.all(FILES.map((name) => planOne(home, name, wish)))).flat();
}

/** Writes, renews or removes the notes. Returns the names of the files that were changed, and of those that were not. */
export async function writeNotes(
  home: string,
  steps: readonly NoteStep[],
): Promise<{ readonly changed: readonly string[]; readonly kept: readonly string[] }> {
  const changed: string[] = [];
  const kept: string[] = [];
  for (const step of steps) {
    const isSame = step.to === step.from?.toString("utf8");
    if (isSame ? step.from !== undefined : !(await apply(home, step))) kept.push(step.name);
    else if (!isSame) changed.push(step.name);
  }
  return { changed, kept };
}

async function planOne(home: string, name: NoteFile, wish: NotesWish): Promise<readonly NoteStep[]> {
  const path = join(home, name);
  const stat = await statIfExists(path);
  const isWanted = wish.kind === "write" && wish.files.includes(name);
  // A link is mostly one of these two to the other.
  if (stat === undefined ? !isWanted : !stat.isFile()) return [];
  const from = await readBytesIfExists(path);
  const text = from === undefined ? "" : decodeUtf8(from);
  if (text === undefined) throw refused(name, "is not valid UTF-8");
  if (!isWanted && !hasBlock(text)) return [];
  const to = wish.kind === "remove" ? withoutBlock(text) : withBlock(text, AGENT_NOTES);
  if (to === undefined) throw refused(name, "has one of chant's marks without the other, or has them twice");
  return [{ name, from, to: wish.kind === "remove" && to.trim() === "" ? undefined : to }];
}

async function apply(home: string, { name, from, to }: NoteStep): Promise<boolean> {
  const path = join(home, name);
  if (from === undefined) return createAtomic(path, to ?? "");
  if (to !== undefined) return (await replaceFile(path, from, to)) === "replaced";
  await removeFile(path);
  return true;
}

const refused = (name: string, why: string): ChantError =>
  new ChantError("FILE_REFUSED", `${name} ${why}, so chant does not write to it.`, {
    hint: "Take the lines with <!-- chant:begin --> and <!-- chant:end --> out by hand, then try again. Nothing was written.",
  });
