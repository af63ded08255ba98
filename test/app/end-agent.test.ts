import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { endAgent } from "../../src/app/runner/agent-process.ts";

/** Says when it is ready, so that no signal comes before it listens. */
function startShell(run: string, script: string) {
  const child = spawn("sh", ["-c", `${script}\necho ready; while :; do sleep 0.05; done`], {
    detached: true,
    env: { PATH: process.env["PATH"], CHANT_RUN_TOKEN: run },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { child, ready: once(child.stdout, "data"), ended: once(child, "exit") };
}

test("what listens is asked to end; what does not is killed after its time, and nothing of the run is left", async () => {
  const polite = startShell("run-1", "");
  const stubborn = startShell("run-1", 'trap "" TERM HUP');
  const other = startShell("run-2", "");
  await Promise.all([polite.ready, stubborn.ready, other.ready]);
  expect(await endAgent("run-1", polite.child.pid, 200)).toBe(true);
  await polite.ended;
  expect(polite.child.signalCode).toBe("SIGTERM");
  await stubborn.ended;
  expect(stubborn.child.signalCode).toBe("SIGKILL");
  expect(other.child.exitCode ?? other.child.signalCode).toBeNull();
  expect(await endAgent("run-2", other.child.pid, 200)).toBe(true);
  await other.ended;
  // Once more finds nothing to do.
  expect(await endAgent("run-1", undefined, 200)).toBe(true);
});
