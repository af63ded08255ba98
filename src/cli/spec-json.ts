import { isBroken } from "../domain/spec.ts";
import type { SpecView } from "../app/overview.ts";
import type { SpecDetails } from "../app/show.ts";

/** A spec as `--json` gives it: names in the style of the front matter. */
export function specJson(view: SpecView): Readonly<Record<string, unknown>> {
  const { id, title, status, criteria, spec, waitsFor, notReady, run } = view;
  return {
    id,
    title,
    status,
    ...(isBroken(spec)
      ? { broken: { line: spec.line, column: spec.column, message: spec.message } }
      : {
          type: spec.type,
          labels: spec.labels,
          depends_on: spec.dependsOn,
          ...(spec.priority === undefined ? {} : { priority: spec.priority }),
        }),
    criteria,
    waits_for: waitsFor,
    ready: notReady === undefined,
    ...(notReady === undefined ? {} : { not_ready: notReady }),
    ...(run === undefined
      ? {}
      : {
          run: {
            id: run.run,
            state: run.state,
            attempt: run.attempt,
            agent: run.agent,
            started_at: new Date(run.startedAtMs).toISOString(),
            owner: { pid: run.owner.pid, alive: run.owner.isAlive },
            ...(run.agentProcess === undefined
              ? {}
              : { agent_process: { pid: run.agentProcess.pid, alive: run.agentProcess.isAlive } }),
            target: run.target,
            branch: run.branch,
            ...(run.worktree === undefined ? {} : { worktree: run.worktree }),
            ...(run.waits === undefined ? {} : { waits: run.waits }),
            ...(run.parked === undefined ? {} : { parked: run.parked }),
          },
        }),
  };
}

/** All that `show --json` gives. */
export function detailsJson(details: SpecDetails): Readonly<Record<string, unknown>> {
  const { spec, path, dependencies, dependents, members, log } = details;
  return {
    ...specJson(details),
    path,
    dependencies,
    dependents,
    members: members.map(({ id, title, status }) => ({ id, title, status })),
    ...(log === undefined ? {} : { log }),
    criteria_list: details.criteriaList.map(({ number, text, ticked }) => ({ number, text, ticked })),
    ...(isBroken(spec) ? {} : { completed_at: spec.completedAt, commits: spec.commits, body: spec.body }),
  };
}
