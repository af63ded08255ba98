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

test("restore: what was completed is to be worked anew, with empty boxes; what never was keeps those of its user", async () => {
  const [landed, own, removed] = [idOf(1), idOf(2), idOf(3)];
  const over = "completed_at: 2026-01-02T00:00:00Z\ncommits: [abc]\n";
  const body = "## Acceptance Criteria\n\n- [x] It works\n";
  await using repo = await tempProject({
    specs: {
      [landed]: { status: "completed", front: over, criteria: [], body },
      [own]: { criteria: [], body },
      [removed]: { status: "cancelled", front: over, criteria: [], body },
    },
  });
  const workspace = await openWorkspace(repo.path, {});
  await COMMANDS["cancel"]?.run(workspace, landed);
  await COMMANDS["cancel"]?.run(workspace, own);
  await repo.git("rm", "--quiet", `.chant/specs/${removed}.md`);
  await repo.git("commit", "--quiet", "--message=Away");
  for (const [id, box] of [
    [landed, "- [ ] It works"],
    [own, "- [x] It works"],
    [removed, "- [ ] It works"],
  ] as const) {
    await restore(workspace, id, false, quiet);
    const text = await repo.read(`.chant/specs/${id}.md`);
    expect(text, id).toContain(box);
    expect(text, id).toContain("status: pending");
    expect(text, id).not.toContain("completed_at");
  }
  expect(await repo.status()).toBe("");
});
