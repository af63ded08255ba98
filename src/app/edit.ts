import { join, relative } from "node:path";
import { editorOf } from "../domain/editor.ts";
import type { SpecId } from "../domain/id.ts";
import { ChantError } from "../kit/errors.ts";
import { readBytesIfExists, statIfExists } from "../host/files.ts";
import { runInteractive } from "../host/interactive.ts";
import { readRecord } from "./engine/record.ts";
import { type LintReport, lintSpecs } from "./lint.ts";
import { requireId, type Workspace } from "./workspace.ts";

export interface EditRequest {
  readonly partial: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person sits at the other end of standard input and output. */
  readonly isTerminal: boolean;
  /** Hears what an edit will mean, before the editor opens. */
  readonly warn: (words: string) => void;
}

export interface EditReport {
  readonly id: SpecId;
  readonly isChanged: boolean;
  /** What is to be said of the file as it was saved. */
  readonly lint: LintReport;
}

/**
 * Opens a spec's file in the person's editor, and holds what was saved against the rules. Nothing is committed.
 * @throws ChantError SPEC_UNKNOWN, SPEC_AMBIGUOUS, FILE_REFUSED, EDITOR_MISSING, EDITOR_FAILED
 */
export async function editSpec(workspace: Workspace, request: EditRequest): Promise<EditReport> {
  const { places, repo } = workspace;
  const id = await requireId(workspace, request.partial);
  const path = join(places.specs, `${id}.md`);
  const name = relative(repo.home, path);
  await requireFile(id, path, name);
  const editor = editorOf(request.env, request.isTerminal) ?? refuseWithout(request, name);
  const record = await readRecord(places, id);
  if (record !== undefined) {
    request.warn(
      `${id} has a run: its agent works on a copy of its own${record.worktree === undefined ? "" : `, in ${record.worktree}`}, and does not see what you change here. Your edit stays uncommitted; where it touches the lines that the landing changes, the landing waits for you.`,
    );
  }
  const before = await readBytesIfExists(path);
  // As git does it: the shell splits the words of the variable, and the file's name is not one of them.
  const { status, signal } = await runInteractive("/bin/sh", ["-c", `${editor} "$@"`, editor, path], {
    cwd: repo.home,
    env: request.env,
  });
  const after = await readBytesIfExists(path);
  if (status !== 0) {
    const end = signal === undefined ? `status ${status ?? "unknown"}` : `signal ${signal}`;
    throw new ChantError("EDITOR_FAILED", `The editor (${editor}) ended with ${end}.`, {
      hint: `${name} is as it left it. See that the editor starts, then try again: chant edit ${id}`,
    });
  }
  if (after === undefined) {
    throw new ChantError("SPEC_UNKNOWN", `${name} is gone: the editor removed it.`, {
      hint: `Bring back what git has of it: git restore -- ${name}`,
    });
  }
  const isChanged = before === undefined || !after.equals(before);
  return { id, isChanged, lint: await lintSpecs(workspace, [id]) };
}

/** A link or a device would be edited in its stead. */
async function requireFile(id: SpecId, path: string, name: string): Promise<void> {
  const found = await statIfExists(path);
  if (found?.isFile() === true) return;
  if (found !== undefined) {
    throw new ChantError("FILE_REFUSED", `${name} is not a regular file.`, {
      hint: "Put a real file in its place. Nothing was changed.",
    });
  }
  throw new ChantError("SPEC_UNKNOWN", `${name} is not in this checkout, though ${id} has a run.`, {
    hint: `See where it stands: chant why ${id}`,
  });
}

function refuseWithout({ env, isTerminal }: EditRequest, name: string): never {
  const isVisualOnly = !isTerminal && (env["VISUAL"] ?? "").trim() !== "";
  throw new ChantError(
    "EDITOR_MISSING",
    isVisualOnly
      ? "There is no terminal here for the editor in VISUAL, and EDITOR is not set."
      : "No editor is set.",
    { hint: `Set one, for example: export EDITOR=nano. The file is ${name}; nothing was changed.` },
  );
}
