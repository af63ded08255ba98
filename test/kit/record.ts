import type { RunRecord } from "../../src/app/engine/record.ts";
import { ownIdentity } from "../../src/host/identity.ts";

/** A run's record as chant writes it, of an agent at work on a spec for main, coordinated by this process. */
export const recordOf = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
  version: 1,
  id,
  run: "0123456789abcdef0123",
  phase: "running",
  title: id,
  type: "code",
  owner: ownIdentity(),
  target: "refs/heads/main",
  branch: `chant/${id}`,
  agent: "test",
  createdAtMs: 0,
  attempt: 1,
  interruptions: 0,
  relaunches: 0,
  launch: 1,
  ...more,
});
