import type { AcpTask } from "../agent/acp.ts";
import { type AcpLine, converseByAcp } from "../agent/acp-client.ts";
import { delay } from "../host/clock.ts";
import { createAtomic, readIfExists } from "../host/files.ts";
import { ownIdentity } from "../host/identity.ts";
import { spawnPiped } from "../host/piped.ts";
import { readJson } from "./engine/launch-files.ts";
import { answerFile, type PermissionRequest, requestFile } from "./permit.ts";

/** How often an answer is looked for, and a sign of life is given meanwhile, in milliseconds. */
const LOOK_MS = 500;
const LIFE_MS = 30_000;

export interface AcpSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly prompt: string;
  readonly print: (line: string) => void;
}

/** Runs the client of one launch: the program that the provider `acp` starts. Returns its exit status. */
export async function runAcp(taskFile: string, around: AcpSurroundings): Promise<number> {
  const task = await readJson<AcpTask>(taskFile);
  if (task === undefined) throw new Error(`${taskFile} is missing`);
  const say = (line: AcpLine): void => around.print(`${JSON.stringify(line)}\n`);
  const [file, ...args] = task.command;
  const piped = await spawnPiped(file, args, { cwd: around.cwd, env: around.env });
  let asked = 0;
  return converseByAcp(piped, {
    cwd: around.cwd,
    prompt: around.prompt,
    ...(task.session === undefined ? {} : { session: task.session }),
    say,
    mayUse: (title) => {
      if (task.permissions !== "ask") return Promise.resolve(task.permissions === "allow");
      asked += 1;
      return askPerson(task.folder, { number: asked, title, id: around.env["CHANT_SPEC_ID"] ?? "" }, say);
    },
  });
}

/** Leaves the question where `chant permit` finds it, and waits for the answer; only the run's whole time goes on. */
async function askPerson(
  folder: string,
  { number, title, id }: { readonly number: number; readonly title: string; readonly id: string },
  say: (line: AcpLine) => void,
): Promise<boolean> {
  const key = `${process.pid}-${number}`;
  const request: PermissionRequest = { key, title, askedAtMs: Date.now(), by: ownIdentity() };
  await createAtomic(requestFile(folder, key), JSON.stringify(request));
  say({
    acp: "asking",
    message: `asks whether it may do this: ${title} (chant permit ${id}, or with --deny)`,
  });
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    if (waitedMs % LIFE_MS === 0) say({ acp: "waiting" });
    const said = await readIfExists(answerFile(folder, key));
    if (said !== undefined) return said.trim() === "allow";
    await delay(LOOK_MS);
  }
}
