import { delay } from "../../host/clock.ts";
import { effect } from "../../host/effects.ts";
import { statIfExists } from "../../host/files.ts";
import { isRuntimeVariable, MOSTLY_WAITING, type OwnProgram } from "../../host/own-program.ts";
import { TaskProcess } from "../../host/task-process.ts";
import { endFile, type LaunchTask, runnerLog, taskText } from "./launch.ts";

/** How long a runner without a launch is kept, in milliseconds: the next one mostly comes within a landing. */
const KEPT_MS = 1_000;
/** How long one that has nothing to do may take to leave, in milliseconds. */
const LEAVE_MS = 1_000;

interface Runner {
  readonly process: TaskProcess;
  /** The end of the launch that it was given last. */
  endFile: string;
  kept: NodeJS.Timeout | undefined;
}

/**
 * The runners of this process. Each does one launch after the other, as starting one costs as much as all else that it
 * does around a quick agent. They outlive this process with what they are at, and take nothing from anybody else.
 */
export class Runners implements Disposable {
  readonly #self: OwnProgram;
  readonly #runners = new Set<Runner>();

  constructor(self: OwnProgram) {
    this.#self = self;
  }

  /** Hands a launch to a runner, and returns when that is done with it, or gone. */
  async launch(task: LaunchTask): Promise<{ readonly done: Promise<void> }> {
    const runner = await effect("runner.spawn", () => this.#give(task));
    return { done: runner.process.done.then(() => this.#keep(runner)) };
  }

  async #give(task: LaunchTask): Promise<Runner> {
    const { folder, launch } = task;
    const free = await this.#useFree((runner) => {
      clearTimeout(runner.kept);
      runner.endFile = endFile(folder, launch);
      runner.process.give(taskText(task));
    });
    if (free !== undefined) return free;
    const [file, ...args] = this.#self.argv;
    const process = await TaskProcess.start(file, [...args, "__runner", folder, String(launch), "--stay"], {
      cwd: "/",
      env: { ...withoutRuntimeVariables(), ...MOSTLY_WAITING },
      errorFile: runnerLog(folder),
    });
    const runner: Runner = { process, endFile: endFile(folder, launch), kept: undefined };
    this.#runners.add(runner);
    void process.ended.then(() => this.#runners.delete(runner));
    return runner;
  }

  /**
   * Finds a runner that waits, or will in a moment: it says that it is done after it has written the end. It is used at
   * once, before anybody else can find it.
   */
  async #useFree(use: (runner: Runner) => void): Promise<Runner | undefined> {
    const waiting = [...this.#runners].find(({ process }) => process.isFree);
    if (waiting !== undefined) {
      use(waiting);
      return waiting;
    }
    for (const runner of this.#runners) {
      const { endFile: end } = runner;
      // Somebody else may take it during this look.
      const isHere = (): boolean => !runner.process.isOver && runner.endFile === end;
      if (!isHere() || (await statIfExists(end)) === undefined || !isHere()) continue;
      use(runner);
      return runner;
    }
    return undefined;
  }

  #keep(runner: Runner): void {
    if (!runner.process.isFree) return;
    runner.kept = setTimeout(() => runner.process.dismiss(), KEPT_MS);
    runner.kept.unref();
  }

  /** Lets those go that have nothing to do, and waits until they are gone. */
  async rest(): Promise<void> {
    const idle: Runner[] = [];
    const dismiss = ({ process }: Runner): void => process.dismiss();
    for (let next = await this.#useFree(dismiss); next !== undefined; next = await this.#useFree(dismiss)) {
      idle.push(next);
    }
    const late = new AbortController();
    const gone = Promise.all(idle.map(({ process }) => process.ended));
    await Promise.race([gone, delay(LEAVE_MS, late.signal).catch(() => undefined)]);
    late.abort();
  }

  /** Gives nothing more to any of them. */
  [Symbol.dispose](): void {
    for (const { process, kept } of this.#runners) {
      clearTimeout(kept);
      process.dismiss();
    }
  }
}

function withoutRuntimeVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isRuntimeVariable(name)));
}
