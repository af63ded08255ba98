import { noteEvent } from "./run-log.ts";
import { join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import type { Config } from "../../domain/config.ts";
import type { ChantEvent } from "../../domain/event.ts";
import { happeningsOf } from "../../domain/history.ts";
import { systemClock } from "../../host/clock.ts";
import { makeFolder } from "../../host/files.ts";
import { requireLocalFilesystem } from "../../host/filesystem.ts";
import { KernelLock } from "../../host/kernel-lock.ts";
import { type OwnProgram, ownProgram } from "../../host/own-program.ts";
import { type Signature, signatureOf } from "../../git/commit.ts";
import { ObjectReader } from "../../git/object-reader.ts";
import { IndexMemory } from "../../git/index-memory.ts";
import { RefWriter } from "../../git/refs.ts";
import type { Repository } from "../../git/repository.ts";
import { type GitSettings, readGitSettings } from "../../git/settings.ts";
import { excludeStatusFile } from "../../git/exclude.ts";
import { GuardReader } from "../../git/guard.ts";
import { makeShadow, type Shadow } from "../../git/shadow.ts";
import { Trees } from "../../git/tree.ts";
import { LiveConfig } from "../../store/config.ts";
import { Journal } from "../../store/journal.ts";
import { type Places, placesOf } from "../../store/places.ts";
import { Runners } from "./runners.ts";
import { requireOneMode } from "./silent/mode.ts";
import { checkTrusted, trustedSettings } from "./trusted-config.ts";

/** What happened, without its time. */
export type Happening = ChantEvent extends infer E ? (E extends ChantEvent ? Omit<E, "at"> : never) : never;

/** All that a coordinating process works with: one per process and repository. */
export interface Engine extends Disposable {
  readonly repo: Repository;
  readonly places: Places;
  /** As it was read last. */
  readonly config: Config;
  /** Reads the configuration anew, for what lives for long. In the middle of an edit it stays as it was. */
  readonly refreshConfig: () => Promise<Config>;
  readonly settings: GitSettings;
  readonly clock: Clock;
  /** Wall time, milliseconds since 1970. */
  readonly openedAtMs: number;
  /** Held for moments: who may own a run, which number a spec gets. */
  readonly kernelLock: KernelLock;
  /** Held while something lands. */
  readonly landLock: KernelLock;
  readonly reader: ObjectReader;
  readonly trees: Trees;
  readonly refs: RefWriter;
  readonly guard: GuardReader;
  readonly index: IndexMemory;
  /** For merges. */
  readonly shadow: Shadow;
  readonly self: OwnProgram;
  readonly runners: Runners;
  readonly journal: Journal;
  readonly emit: (happening: Happening) => void;
  readonly signature: () => Signature;
}

export interface EngineOptions {
  readonly allowNetworkFilesystem?: boolean;
  /** Ends every wait for another process that lands or claims; what needs no wait still happens. */
  readonly signal?: AbortSignal;
}

export async function openEngine(
  repo: Repository,
  config: Config,
  onEvent: (event: ChantEvent) => void,
  options: EngineOptions,
): Promise<Engine> {
  const places = placesOf(repo.home, repo.commonDir);
  const clock = systemClock;
  await Promise.all([places.inbox, places.records, places.work].map(makeFolder));
  if (options.allowNetworkFilesystem !== true) await requireLocalFilesystem(repo.commonDir);
  await requireOneMode(repo, places);
  await excludeStatusFile(repo);
  const kernelLock = new KernelLock(places.kernelLock, options.signal);
  const guard = new GuardReader(repo);
  const differences = await checkTrusted({ repo, places, guard, kernelLock });
  const settings = trustedSettings(await readGitSettings(repo), differences);
  const [shadow, self] = await Promise.all([
    makeShadow(repo, join(places.own, "shadow"), settings),
    ownProgram(),
  ]);
  const runners = new Runners(self);
  const landLock = new KernelLock(places.landLock, options.signal);
  const reader = new ObjectReader(repo);
  const refs = new RefWriter(repo);
  const emit: Engine["emit"] = (happening) => {
    const event: ChantEvent = { ...happening, at: clock.nowMs() };
    noteEvent(places, event);
    for (const each of happeningsOf(event)) journal.happened(each);
    onEvent(event);
  };
  const live = new LiveConfig(places, config);
  const journal = new Journal({
    path: places.journal,
    retention: config.lifecycle.journal.retention,
    clock,
    warn: (message) => emit({ kind: "warning", message }),
  });
  return {
    repo,
    places,
    get config() {
      return live.config;
    },
    refreshConfig: () => live.refresh(),
    settings,
    clock,
    openedAtMs: clock.nowMs(),
    kernelLock,
    landLock,
    reader,
    trees: new Trees(repo, reader),
    refs,
    guard,
    index: new IndexMemory(),
    shadow,
    self,
    runners,
    journal,
    emit,
    signature: () => signatureOf(settings, clock.nowMs(), live.config.land.sign),
    [Symbol.dispose]() {
      runners[Symbol.dispose]();
      journal[Symbol.dispose]();
      reader[Symbol.dispose]();
      refs[Symbol.dispose]();
      kernelLock[Symbol.dispose]();
      landLock[Symbol.dispose]();
    },
  };
}
