import { closest } from "../kit/text.ts";
import { ChantError } from "../kit/errors.ts";
import { EXPORT_FIELD_NAMES, type ExportFieldName, isExportField } from "../domain/export.ts";
import type { ShownStatus } from "../app/overview.ts";
import { LIST_STATUSES } from "./list-filter.ts";

/** The words that `export --status` takes: those of a list, but for the one that depends on other specs. */
export type ExportStatus = Exclude<ShownStatus, "blocked">;

export const EXPORT_STATUSES = LIST_STATUSES.filter((status): status is ExportStatus => status !== "blocked");

/** @throws ChantError USAGE for a field that there is not */
export function requireFields(text: string | undefined): readonly ExportFieldName[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((word) => {
    const name = word.trim();
    if (isExportField(name)) return name;
    const meant = closest(name, EXPORT_FIELD_NAMES);
    throw new ChantError("USAGE", `There is no field ${JSON.stringify(name)} to export.`, {
      hint: meant === undefined ? `Fields: ${EXPORT_FIELD_NAMES.join(", ")}` : `Did you mean: ${meant}?`,
    });
  });
}
