import { expect, test } from "vitest";
import { cancel } from "../../src/app/cancel.ts";
import { finalize, merge } from "../../src/app/finalize.ts";
import { pause } from "../../src/app/pause.ts";
import { reset } from "../../src/app/reset.ts";
import { restore } from "../../src/app/restore.ts";
import { resume } from "../../src/app/resume.ts";
import { startHere } from "../../src/app/start-here.ts";
import { takeover } from "../../src/app/takeover.ts";
import { openWorkspace, type Workspace } from "../../src/app/workspace.ts";
import { type Move, type Status, STATUSES, step } from "../../src/domain/status.ts";
import { ChantError } from "../../src/kit/errors.ts";
import { type SpecDraft, tempProject } from "../kit/spec.ts";
import { statusOn } from "../kit/traces.ts";

const quiet = (): void => {};
const signal = new AbortController().signal;

/** Each command that moves a spec, by the move that it makes. */
const COMMANDS: {
  readonly [name: string]: { move?: Move; run(at: Workspace, id: string): Promise<unknown> };
} = {
  "start --here": { move: "start", run: (at, id) => startHere(at, id, quiet) },
  pause: { move: "pause", run: (at, id) => pause(at, [id], quiet) },
  resume: { move: "resume", run: (at, id) => resume(at, [id], { isWork: false, signal }, quiet) },
  finalize: { move: "finalize", run: (at, id) => finalize(at, id, false, quiet) },
  reset: { move: "reset", run: (at, id) => reset(at, id, quiet) },
  cancel: {
    move: "cancel",
    run: (at, id) =>
      cancel(at, [id], { isDelete: false, isCascade: false, isDryRun: false }, () => true, quiet),
  },
  restore: { move: "restore", run: (at, id) => restore(at, id, false, quiet) },
  // They need a run, and none of these specs has one.
  takeover: { run: (at, id) => takeover(at, id, quiet) },
  merge: { run: (at, id) => merge(at, [id], quiet) },
};

/** Without a run, two moves of the table have nothing to go on with; and a reset of what is pending changes nothing. */
const OTHERWISE: { readonly [key: string]: Status | "refused" } = {
  "failed resume": "refused",
  "needs_attention resume": "refused",
  "pending reset": "pending",
};

const idOf = (at: number): string => `2026-01-01-${String(at).padStart(3, "0")}-abc`;

test("every command at every status: the table's move, or a refusal that names what can be typed instead", async () => {
  const cases = STATUSES.flatMap((status) => Object.keys(COMMANDS).map((name) => ({ status, name })));
  const specs: Record<string, SpecDraft> = {};
  for (const [at, { status }] of cases.entries()) specs[idOf(at)] = { status, criteria: [] };
  await using repo = await tempProject({ specs });
  const workspace = await openWorkspace(repo.path, {});
  for (const [at, { status, name }] of cases.entries()) {
    const id = idOf(at);
    const command = COMMANDS[name];
    if (command === undefined) continue;
    const expected =
      OTHERWISE[`${status} ${name}`] ??
      (command.move === undefined ? "refused" : (step(status, command.move) ?? "refused"));
    const tip = await repo.git("rev-parse", "main");
    const refusal = await command.run(workspace, id).then(
      () => undefined,
      (error: unknown) => error,
    );
    const what = `${name} from ${status}`;
    if (expected !== "refused") {
      expect(refusal, what).toBeUndefined();
      expect(await statusOn(repo, id), what).toBe(expected);
      continue;
    }
    if (!(refusal instanceof ChantError)) throw new Error(`${what} was not refused`, { cause: refusal });
    expect(refusal.code, what).toBe("STATUS_MOVE_REFUSED");
    expect(refusal.hint, what).toMatch(new RegExp(`chant [a-z]+ ${id}`));
    expect(await repo.git("rev-parse", "main"), what).toBe(tip);
    expect(await statusOn(repo, id), what).toBe(status);
  }
  expect(await repo.status()).toBe("");
});
