import { AsyncLocalStorage } from "node:async_hooks";
import type { ChantEvent } from "../../../src/domain/event.ts";
import { randomFrom } from "../random.ts";
import { Disk, DiskFault } from "./disk.ts";

/** Thrown in a process that is no more by whatever it does next: none of it has an effect. */
export class Killed extends Error {}

/** How a process ended: by itself, or by a signal. */
export interface ProcessEnd {
  readonly status: number | undefined;
  readonly signal: string | undefined;
}

export interface SimProcess {
  readonly machine: Machine;
  readonly pid: number;
  readonly kind: "chant" | "git" | "agent" | "user";
  readonly name: string;
  readonly startedAt: string;
  readonly bootId: string;
  readonly group: number;
  readonly env: Readonly<Record<string, string>>;
  isAlive: boolean;
  /** Does not go for a SIGTERM. */
  isStubborn?: boolean;
  readonly onEnd: ((end: ProcessEnd) => void)[];
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly process: SimProcess;
  readonly run: () => void;
}

/** Which simulated process the code runs in right now. */
const inside = new AsyncLocalStorage<SimProcess>();

export const processHere = (): SimProcess | undefined => inside.getStore();

/** Returns the simulated process that the code runs in; what is not simulated must not get here. */
export function requireProcess(): SimProcess {
  const process = inside.getStore();
  if (process === undefined) throw new Error("this runs outside of every simulated process");
  return process;
}

const realImmediate = setImmediate;

export interface Dangers {
  /** The chance of a kill before each change that a process of chant's makes. */
  readonly killRate: number;
  /** The chance of one before and after each named effect. */
  readonly effectKillRate: number;
  /** The chance that it is the whole machine that loses its power. */
  readonly powerLossRate: number;
  /** The chance that a change of a folder is not told. */
  readonly lostEventRate: number;
  /** The chance that a named effect takes a moment, in which others go on. */
  readonly pauseRate: number;
  /** The chance that the disk is full from a change on, for a while, and that it fails to make one. */
  readonly fullDiskRate: number;
  readonly diskErrorRate: number;
}

/** The later tasks of a process that stays, line by line; undefined when there are none any more. */
export interface Tasks {
  /** Called in the process, when it is done with the task before. */
  readonly next: () => Promise<string | undefined>;
}

/** What needs space, and for how long at most there is none, in milliseconds. */
const NEEDS_SPACE: ReadonlySet<string> = new Set(["create", "write", "mkdir", "link"]);
const FULL_MS = 2_500;

export const NO_DANGERS: Dangers = {
  killRate: 0,
  effectKillRate: 0,
  powerLossRate: 0,
  lostEventRate: 0,
  pauseRate: 0,
  fullDiskRate: 0,
  diskErrorRate: 0,
};

/** More calls than this at one moment are a loop without an end. */
const STEP_LIMIT = 100_000;

/** One machine with its clock, disk and processes. All chance comes from the seed, so a history happens again. */
export class Machine {
  readonly random: () => number;
  readonly disk: Disk;
  readonly processes = new Map<number, SimProcess>();
  /** Who holds the exclusive transaction on which database, by its inode. */
  readonly databaseLocks = new Map<number, { readonly process: SimProcess }>();
  readonly watchers = new Set<{
    readonly process: SimProcess;
    readonly path: string;
    readonly tell: () => void;
  }>();
  readonly openFiles = new Map<
    number,
    { readonly process: SimProcess; readonly path: string; readonly node: unknown }
  >();
  /** What must not happen, whoever did it. */
  readonly faults: Error[] = [];
  readonly events: ChantEvent[] = [];
  /** What was refused or given up, in words. */
  readonly refusals: string[] = [];
  readonly visited = new Map<string, number>();
  /** Starts what `chant __runner` runs; set by whoever knows it. */
  startRunner: (args: readonly string[], tasks: Tasks) => SimProcess = () => {
    throw new Error("nobody said what a runner is");
  };
  /** Set by whoever knows what must not be lost when a history's machine loses its power. */
  afterLoss: () => void = () => undefined;
  dangers = NO_DANGERS;
  bootId = "boot-1";
  monotonicMs = 1_000;
  /** Wall time less monotonic time: a clock that is set jumps. */
  wallOffsetMs = Date.UTC(2026, 10, 3, 12);
  /** Every commit that a ref has named. */
  /** What stood in worktrees that were removed, by its object name. */
  readonly removedBlobs = new Map<string, { readonly path: string; readonly data: Buffer }>();
  readonly seenCommits = new Set<string>();
  /** Objects that the git of an agent wrote, and left to chance. */
  readonly unflushedObjects = new Set<string>();
  kills = 0;
  /** Launches that a runner got after its first one. */
  handedOn = 0;
  powerLosses = 0;
  /** Changes that the disk refused: for want of space, and for no reason. */
  readonly diskFaults = { ENOSPC: 0, EIO: 0 };
  #fullUntilMs = 0;
  #timers: Timer[] = [];
  #steps = 0;
  #order = 0;
  #lastPid = 100;
  #lastHandle = 10;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    this.disk = new Disk({
      nowMs: () => this.nowMs,
      random: this.random,
      before: (operation, path) => this.#beforeChange(operation, path),
      changed: (path) => this.#tellWatchers(path),
    });
  }

  get nowMs(): number {
    return Math.floor(this.monotonicMs + this.wallOffsetMs);
  }

  chance(rate: number): boolean {
    return rate > 0 && this.random() < rate;
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.below(256).toString(16).padStart(2, "0")).join("");
  }

  newHandle(): number {
    return (this.#lastHandle += 1);
  }

  /** Makes a process; `main` is called within it in a moment, and what it returns ends it. */
  start(
    kind: SimProcess["kind"],
    name: string,
    main: (process: SimProcess) => Promise<number>,
    options: { readonly env?: Readonly<Record<string, string>>; readonly group?: number | undefined } = {},
  ): SimProcess {
    const pid = (this.#lastPid += 1 + this.below(3));
    const process: SimProcess = {
      machine: this,
      pid,
      kind,
      name,
      startedAt: String(Math.floor(this.monotonicMs / 10)),
      bootId: this.bootId,
      group: options.group ?? pid,
      env: options.env ?? {},
      isAlive: true,
      onEnd: [],
    };
    this.processes.set(pid, process);
    this.after(process, 0, () => {
      main(process).then(
        (status) => this.#end(process, { status, signal: undefined }),
        (error: unknown) => {
          // What a dead process still says is nothing.
          if (process.isAlive && !(error instanceof Killed)) this.blame(error);
          this.#end(process, { status: 70, signal: undefined });
        },
      );
    });
    return process;
  }

  kill(process: SimProcess, signal = "SIGKILL"): void {
    if (!process.isAlive) return;
    if (process.kind === "chant") this.kills += 1;
    this.#end(process, { status: undefined, signal });
  }

  /** Every process is gone at once, and of the disk only what was flushed is sure. */
  losePower(): void {
    this.powerLosses += 1;
    for (const process of this.processes.values()) process.onEnd.length = 0;
    for (const process of this.processes.values()) this.kill(process);
    this.disk.losePower();
    this.bootId = `boot-${this.powerLosses + 1}`;
    this.#lastPid = 100;
    try {
      this.afterLoss();
    } catch (error) {
      this.blame(error);
    }
  }

  after(process: SimProcess, delayMs: number, run: () => void): Timer {
    const timer: Timer = {
      atMs: this.monotonicMs + Math.max(0, delayMs),
      order: (this.#order += 1),
      process,
      run,
    };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1]?.atMs ?? 0) > timer.atMs) at -= 1;
    this.#timers.splice(at, 0, timer);
    return timer;
  }

  cancel(timer: unknown): void {
    const at = this.#timers.indexOf(timer as Timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  pause(process: SimProcess, delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(process, delayMs, resolve));
  }

  /** Lets things happen until nothing is due before `untilMs` on the monotonic clock, or `isOver` says so. */
  async run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      // Whatever follows from the last event without waiting has happened when this turn comes.
      await new Promise<void>((resolve) => realImmediate(resolve));
      this.#steps = 0;
      if (isOver() || this.faults.length > 0) return;
      const [next] = this.#timers;
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.shift();
      this.monotonicMs = Math.max(this.monotonicMs, next.atMs);
      if (!next.process.isAlive) continue;
      try {
        inside.run(next.process, next.run);
      } catch (error) {
        if (!(error instanceof Killed)) this.blame(error);
      }
    }
    this.monotonicMs = Math.max(this.monotonicMs, untilMs);
  }

  blame(error: unknown): void {
    this.faults.push(error instanceof Error ? error : new Error(String(error)));
  }

  /** The danger that lies in every change that chant makes. */
  strike(process: SimProcess, rate: number): void {
    if ((this.#steps += 1) > STEP_LIMIT) {
      const endless = new Error(`${process.name} goes on and on without a pause`);
      this.faults.push(endless);
      process.isAlive = false;
      throw endless;
    }
    if (!process.isAlive) throw new Killed(`${process.name} is dead`);
    if (process.kind !== "chant" && process.kind !== "git") return;
    if (!this.chance(rate)) return;
    if (this.chance(this.dangers.powerLossRate)) this.losePower();
    else this.kill(process);
    throw new Killed(`${process.name} was killed`);
  }

  #beforeChange(operation: string, path: string): void {
    const process = inside.getStore();
    if (process === undefined) return;
    this.strike(process, this.dangers.killRate);
    if (process.kind !== "chant" && process.kind !== "git") return;
    const { fullDiskRate, diskErrorRate } = this.dangers;
    if (this.chance(fullDiskRate)) this.#fullUntilMs = this.monotonicMs + this.below(FULL_MS);
    const isFull = fullDiskRate > 0 && this.monotonicMs < this.#fullUntilMs && NEEDS_SPACE.has(operation);
    const code = isFull ? "ENOSPC" : this.chance(diskErrorRate) ? "EIO" : undefined;
    if (code === undefined) return;
    this.diskFaults[code] += 1;
    throw new DiskFault(code, operation, path);
  }

  #end(process: SimProcess, end: ProcessEnd): void {
    if (!process.isAlive) return;
    process.isAlive = false;
    this.processes.delete(process.pid);
    this.#timers = this.#timers.filter((timer) => timer.process !== process);
    for (const [inode, { process: holder }] of this.databaseLocks) {
      if (holder === process) this.databaseLocks.delete(inode);
    }
    for (const watcher of this.watchers) if (watcher.process === process) this.watchers.delete(watcher);
    for (const [handle, file] of this.openFiles) if (file.process === process) this.openFiles.delete(handle);
    for (const tell of process.onEnd) tell(end);
  }

  #tellWatchers(path: string): void {
    if (this.watchers.size === 0) return;
    const folder = path.slice(0, path.lastIndexOf("/"));
    for (const watcher of this.watchers) {
      if (watcher.path !== folder && watcher.path !== path) continue;
      if (!this.chance(this.dangers.lostEventRate)) this.after(watcher.process, 0, watcher.tell);
    }
  }
}
