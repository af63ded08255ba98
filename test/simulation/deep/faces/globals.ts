import { processHere, type SimProcess } from "../machine.ts";

/*
 * Clocks, timers and chance of the language itself. Inside of a simulated process they are the machine's; everybody
 * else (the test's own machinery) keeps the real ones.
 */

interface SimTimer {
  timer: unknown;
  readonly process: SimProcess;
  unref(): SimTimer;
  ref(): SimTimer;
}

function newTimer(process: SimProcess): SimTimer {
  const made: SimTimer = { timer: undefined, process, unref: () => made, ref: () => made };
  return made;
}

type Callback = (...args: readonly unknown[]) => void;

/** Cancels a timer of either kind. */
const stop =
  (realStop: (timer: NodeJS.Timeout | undefined) => void) =>
  (timer: unknown): void => {
    if (typeof timer === "object" && timer !== null && "process" in timer) {
      const { process, timer: inner } = timer as SimTimer;
      process.machine.cancel(inner);
    } else realStop(timer as NodeJS.Timeout | undefined);
  };

/** Puts the simulated ones in place; disposing of what it returns brings the real ones back. */
export function simulateGlobals(): Disposable {
  const real = {
    Date,
    random: Math.random,
    now: performance.now.bind(performance),
    env: process.env,
    kill: process.kill.bind(process),
    setTimeout,
    setInterval,
    clearTimeout,
    clearInterval,
  };

  class SimDate extends real.Date {
    constructor(...args: readonly unknown[]) {
      super(...((args.length === 0 ? [SimDate.now()] : args) as [number]));
    }
    static override now(): number {
      return processHere()?.machine.nowMs ?? real.Date.now();
    }
  }

  const later = (run: Callback, delayMs = 0, ...args: readonly unknown[]): unknown => {
    const inside = processHere();
    if (inside === undefined) return real.setTimeout(run, delayMs, ...args);
    const made = newTimer(inside);
    made.timer = inside.machine.after(inside, delayMs, () => run(...args));
    return made;
  };
  const again = (run: Callback, everyMs = 0, ...args: readonly unknown[]): unknown => {
    const inside = processHere();
    if (inside === undefined) return real.setInterval(run, everyMs, ...args);
    const made = newTimer(inside);
    const turn = (): void => {
      made.timer = inside.machine.after(inside, everyMs, turn);
      run(...args);
    };
    made.timer = inside.machine.after(inside, everyMs, turn);
    return made;
  };
  Object.assign(globalThis, {
    Date: SimDate,
    setTimeout: later,
    setInterval: again,
    clearTimeout: stop(real.clearTimeout),
    clearInterval: stop(real.clearInterval),
  });
  // A plain object: to list the real one asks the system for each variable.
  process.env = { PATH: "/bin", HOME: "/home", LANG: "C" };
  Math.random = () => processHere()?.machine.random() ?? real.random();
  performance.now = () => processHere()?.machine.monotonicMs ?? real.now();
  process.kill = (pid: number, signal?: string | number) => {
    const inside = processHere();
    return inside === undefined ? real.kill(pid, signal) : signalTo(inside, pid, String(signal ?? 0));
  };

  return {
    [Symbol.dispose]: () => {
      const { random, now, kill, env, ...globals } = real;
      Object.assign(globalThis, globals);
      process.env = env;
      Math.random = random;
      performance.now = now;
      process.kill = kill;
    },
  };
}

/** A negative pid names a group; signal 0 only asks. */
function signalTo({ machine }: SimProcess, pid: number, signal: string): true {
  const meant = [...machine.processes.values()].filter((each) =>
    pid < 0 ? each.group === -pid : each.pid === pid,
  );
  if (meant.length === 0) throw Object.assign(new Error(`kill ESRCH ${pid}`), { code: "ESRCH" });
  if (signal === "0") return true;
  for (const each of meant) {
    if (signal !== "SIGTERM" || each.isStubborn !== true) machine.kill(each, signal);
  }
  return true;
}
