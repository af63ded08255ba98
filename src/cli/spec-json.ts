import { isBroken } from "../domain/spec.ts";
import type { SpecView } from "../app/overview.ts";
import type { SpecDetails } from "../app/show.ts";

/** What `JSON.stringify` leaves out where it is undefined. */
type Json = Readonly<Record<string, unknown>>;

/** A spec as `--json` gives it; times whose names end in Ms are milliseconds since 1970. */
export function specJson(view: SpecView): Json {
  const { id, title, status, criteria, spec, waitsFor, notReady, approval, gate, run } = view;
  const file: Json = isBroken(spec)
    ? { broken: { line: spec.line, column: spec.column, message: spec.message } }
    : { type: spec.type, labels: spec.labels, dependsOn: spec.dependsOn, priority: spec.priority };
  return {
    id,
    title,
    status,
    ...file,
    criteria,
    waitsFor,
    ready: notReady === undefined,
    notReady,
    approval,
    gate,
    run,
  };
}

/** All that `show --json` gives. */
export function detailsJson(details: SpecDetails): Json {
  const { spec, path, isArchived = false, dependencies, dependents, members, log, criteriaList } = details;
  const file: Json = isBroken(spec)
    ? {}
    : { completedAt: spec.completedAt, commits: spec.commits, body: spec.body };
  return {
    ...specJson(details),
    path,
    archived: isArchived,
    dependencies,
    dependents,
    members: members.map(({ id, title, status }) => ({ id, title, status })),
    log,
    criteriaList: criteriaList.map(({ number, text, ticked }) => ({ number, text, ticked })),
    ...file,
  };
}
