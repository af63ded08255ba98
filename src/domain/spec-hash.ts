import { createHash } from "node:crypto";
import { untickAll } from "./criteria.ts";
import { splitDocument } from "./front-matter.ts";
import type { Spec } from "./spec.ts";

// Changes when the recipe below does, so that hashes by different recipes never agree by chance.
const RECIPE = "chant-spec-1";

const asSet = (list: readonly string[]): readonly string[] => [...new Set(list)].toSorted();

/**
 * Returns what an approval is bound to: 64 hexadecimal digits over all that decides what an agent will do. That is the
 * body (line breaks as LF, boxes of criteria empty), the checks, and the keys type, depends_on, target_files, context,
 * prompt, agent, model, labels and output_schema. Status, ticks and the other edits that chant makes leave it as it is;
 * so do CRLF and the order of lists.
 * @see docs/glossary.md, "approval"
 */
export function specHash(spec: Spec): string {
  const unticked = untickAll(spec.text);
  const body = splitDocument(unticked)?.body ?? unticked.replace(/^\ufeff/, "");
  const parts = [
    RECIPE,
    body.replaceAll("\r\n", "\n"),
    spec.type,
    asSet(spec.dependsOn),
    asSet(spec.targetFiles),
    asSet(spec.context),
    spec.prompt ?? null,
    spec.agent ?? null,
    spec.model ?? null,
    asSet(spec.labels),
    spec.outputSchema ?? null,
    spec.criteria.map((criterion) => criterion.check ?? null),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
