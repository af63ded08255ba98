import { editFrontMatter } from "../../../domain/front-matter.ts";
import { isBroken, parseSpec } from "../../../domain/spec.ts";
import { specPath } from "../../../store/places.ts";
import type { Engine } from "../engine.ts";
import type { RunRecord } from "../record.ts";
import { SpecDisk, writeSpecs } from "./disk.ts";

/** Brings the spec's file to what its record says: whoever started it may have died in between. */
export async function showStarted(engine: Engine, { id }: Pick<RunRecord, "id">): Promise<void> {
  const disk = new SpecDisk(engine.repo.home);
  const path = specPath(id);
  const text = (await disk.read(path))?.text;
  const spec = text === undefined ? undefined : parseSpec(id, text);
  if (text === undefined || spec === undefined || isBroken(spec) || spec.status !== "pending") return;
  await disk.write(
    path,
    editFrontMatter(text, { status: "in_progress", attention: undefined, retry: undefined }),
  );
  await writeSpecs(engine, disk.edits);
}
