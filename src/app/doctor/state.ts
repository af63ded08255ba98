import { join } from "node:path";
import { type Check, checkOf } from "../../domain/doctor.ts";
import { isSpecId } from "../../domain/id.ts";
import { listIfExists, readIfExists, statIfExists } from "../../host/files.ts";
import { isAlive } from "../../host/identity.ts";
import { readPidFile } from "../../store/pid-file.ts";
import { readRecords, type RunRecord } from "../engine/record.ts";
import { isHolderGone, readSpecLock } from "../engine/spec-lock.ts";
import { pidFileOf } from "../watch.ts";
import type { Workspace } from "../workspace.ts";

/** Looks for what dead processes have left: it says so, and changes nothing. */
export async function checkState(workspace: Workspace): Promise<readonly Check[]> {
  const torn: Check[] = [];
  const records = await readRecords(workspace.places, (error) =>
    torn.push(checkOf("state", "broken", error.message, error.hint)),
  );
  const found = [
    ...torn,
    ...(await staleLocks(workspace, records)),
    ...(await stalePidFile(workspace)),
    ...(await cutOffLanding(workspace, records)),
    ...unattended(records),
    ...(await staleIndexLock(workspace)),
  ];
  return found.length > 0 ? found : [checkOf("state", "ok", "nothing was left behind")];
}

async function staleLocks(
  { places }: Workspace,
  records: ReadonlyMap<string, RunRecord>,
): Promise<readonly Check[]> {
  const names = (await listIfExists(places.locks)).filter((name) => name.endsWith(".lock"));
  const found: Check[] = [];
  for (const id of names.map((name) => name.slice(0, -".lock".length))) {
    const lock = isSpecId(id) ? await readSpecLock(places, id) : undefined;
    if (lock === undefined || !isHolderGone(lock)) continue;
    const goesOn = records.has(id);
    found.push(
      checkOf(
        "state",
        "warning",
        `The lock of ${id} names process ${lock.pid}, which is gone.`,
        goesOn ? "chant watch --once" : `chant unlock ${id}`,
      ),
    );
  }
  return found;
}

async function stalePidFile({ places, repo }: Workspace): Promise<readonly Check[]> {
  const file = await readPidFile(pidFileOf(places), repo.commonDir);
  if (file.kind === "running") {
    return [checkOf("state", "ok", `watch runs as process ${file.watch.identity.pid}`)];
  }
  if (file.kind === "none") return [];
  return [checkOf("state", "warning", ".chant/watch.pid is of a watch that is gone.", "chant watch --once")];
}

async function cutOffLanding(
  { repo }: Workspace,
  records: ReadonlyMap<string, RunRecord>,
): Promise<readonly Check[]> {
  const path = join(repo.commonDir, "chant", "landing.json");
  const text = await readIfExists(path);
  if (text === undefined) return [];
  if (!isWhole(text)) {
    const message = `${path} is torn, so nothing can land.`;
    return [
      checkOf("state", "broken", message, `git status && rm ${path}   (once the checkout is as you want it)`),
    ];
  }
  if ([...records.values()].some(({ owner }) => isAlive(owner))) {
    return [checkOf("state", "info", "something is being landed at this moment")];
  }
  const message = "A landing was cut off; the next one finishes it first.";
  return [checkOf("state", "warning", message, "chant watch --once")];
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

const unattended = (records: ReadonlyMap<string, RunRecord>): readonly Check[] =>
  [...records.values()]
    .filter(({ phase, owner }) => phase !== "parked" && !isAlive(owner))
    .map(({ id }) =>
      checkOf("state", "warning", `The run of ${id} is coordinated by nobody.`, "chant watch --once"),
    );

async function staleIndexLock({ repo }: Workspace): Promise<readonly Check[]> {
  const path = join(repo.gitDir, "index.lock");
  const stat = await statIfExists(path);
  if (stat === undefined || Date.now() - stat.mtimeMs < 60_000) return [];
  const message = `${path} has been there for more than a minute: landings wait for it.`;
  return [checkOf("state", "warning", message, `rm ${path}   (only if no git command runs there)`)];
}
