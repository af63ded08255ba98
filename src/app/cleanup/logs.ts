import { join } from "node:path";
import type { SpecId } from "../../domain/id.ts";
import { type LogLimits, type LogStep, planLogs } from "../../domain/log-retention.ts";
import { parseDuration } from "../../domain/period.ts";
import { parseSize } from "../../domain/size.ts";
import { effect } from "../../host/effects.ts";
import { removeFile } from "../../host/files.ts";
import { packFile } from "../../host/packed-file.ts";
import { listLogFiles, listOwnLogFiles, putLogAside } from "../../store/log-files.ts";
import { specLogFile } from "../../store/places.ts";
import type { Engine } from "../engine/engine.ts";
import type { Session } from "../engine/session.ts";
import type { CleanupStep } from "./finding.ts";
import { isOver } from "./over.ts";

/** Finds logs of runs that are over which are to be packed or removed. */
export async function findLogs({ engine }: Session): Promise<readonly CleanupStep[]> {
  const { logs: settings } = engine.config.lifecycle;
  const retentionMs = parseDuration(settings.retention);
  const limits: LogLimits = { retentionMs, maxBytes: parseSize(settings.maxSize) ?? 0 };
  const nowMs = engine.clock.nowMs();
  const found: CleanupStep[] = [];
  for (const [id, files] of await listLogFiles(engine.places.logs)) {
    if (!(await isOver(engine, id))) continue;
    for (const step of planLogs(files, limits, nowMs)) found.push(stepOf(engine, id, step, limits));
  }
  return [...found, ...(await findOwnLogs(engine, retentionMs ?? Infinity))];
}

/** Finds logs of chant's own in which nothing was written for longer than logs are kept. They never grow without end. */
async function findOwnLogs({ places, config, clock }: Engine, retentionMs: number): Promise<CleanupStep[]> {
  const isOld = ({ atMs }: { readonly atMs: number }): boolean => clock.nowMs() - atMs > retentionMs;
  const why = `older than ${config.lifecycle.logs.retention}`;
  return (await listOwnLogFiles(places.logs)).filter(isOld).map((file) => ({
    kind: "log",
    name: join(places.logs, file.name),
    bytes: file.bytes,
    why,
    what: "remove",
    apply: async () => {
      const now = (await listOwnLogFiles(places.logs)).find(({ name }) => name === file.name);
      if (now === undefined || !isOld(now)) return false;
      await effect("cleanup.log", () => removeFile(join(places.logs, file.name)));
      return true;
    },
  }));
}

function stepOf({ places, config }: Engine, id: SpecId, step: LogStep, limits: LogLimits): CleanupStep {
  const { logs } = places;
  const { retention } = config.lifecycle.logs;
  const kind = "log";
  if (step.kind === "put_aside") {
    const name = specLogFile(logs, id);
    const why = "its run is over";
    return {
      kind,
      id,
      name,
      bytes: step.bytes,
      why,
      what: "pack",
      apply: ({ engine }) => putAside(engine, id),
    };
  }
  const { file } = step;
  const name = join(logs, file.name);
  if (step.kind === "pack") {
    const apply = async (): Promise<boolean> => {
      await effect("cleanup.pack", () => packFile(name));
      return true;
    };
    return { kind, id, name, bytes: file.bytes, why: "its run is over", what: "pack", apply };
  }
  const apply = ({ engine }: Session): Promise<boolean> =>
    engine.kernelLock.hold(async () => {
      if (!(await isOver(engine, id))) return false;
      // A run may have come and gone since, and written to it.
      const files = (await listLogFiles(logs)).get(id) ?? [];
      const now = planLogs(files, limits, engine.clock.nowMs());
      if (!now.some((each) => each.kind === "remove" && each.file.name === file.name)) return false;
      await effect("cleanup.log", () => removeFile(name));
      return true;
    });
  return { kind, id, name, bytes: file.bytes, why: `older than ${retention}`, what: "remove", apply };
}

/** No run begins while the kernel lock is held, so nobody writes to the log between its two halves. */
async function putAside(engine: Engine, id: SpecId): Promise<boolean> {
  const { logs } = engine.places;
  const isDone = await engine.kernelLock.hold(async () => {
    if (!(await isOver(engine, id))) return false;
    await effect("cleanup.log", () => putLogAside(logs, id));
    return true;
  });
  const files = (await listLogFiles(logs)).get(id) ?? [];
  for (const { name } of files.filter(({ turn, isPacked }) => isDone && turn !== undefined && !isPacked)) {
    await effect("cleanup.pack", () => packFile(join(logs, name)));
  }
  return isDone;
}
