import { runGit, startConversation } from "../git/program.ts";
import { Killed, type ProcessEnd, type SimProcess } from "../machine.ts";
import { startAgent } from "../agents.ts";
import { startGate } from "../gate.ts";
import { opened, self } from "./fs.ts";

/** The few things of an event emitter that chant asks of a child process and its pipes. */
class Emitter {
  readonly #listeners = new Map<string, ((...args: readonly unknown[]) => void)[]>();

  on(event: string, listener: (...args: readonly unknown[]) => void): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  once(event: string, listener: (...args: readonly unknown[]) => void): this {
    return this.on(event, listener);
  }

  emit(event: string, ...args: readonly unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}

class Input extends Emitter {
  readonly #take: (text: string | Uint8Array) => void;
  readonly #finish: () => void;

  constructor(take: (text: string | Uint8Array) => void, finish: () => void) {
    super();
    this.#take = take;
    this.#finish = finish;
  }

  write(text: string | Uint8Array, done?: (error?: Error) => void): void {
    this.#take(text);
    done?.();
  }

  end(text?: string | Uint8Array): void {
    if (text !== undefined) this.#take(text);
    this.#finish();
  }
}

class Output extends Emitter {
  destroy(): void {
    // Nobody listens any more.
  }
}

class Child extends Emitter {
  readonly stdout = new Output();
  readonly stderr = new Emitter();
  stdin: Input | null = null;
  readonly #process: SimProcess;
  readonly pid: number;

  constructor(process: SimProcess) {
    super();
    this.#process = process;
    this.pid = process.pid;
  }

  kill(signal = "SIGTERM"): void {
    this.#process.machine.kill(this.#process, signal);
  }

  unref(): void {
    // It outlives its parent in any case.
  }
}

interface SpawnOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdio: readonly unknown[];
}

/** Starts what chant starts: git, a runner of its own, or the wrapper around an agent. */
export function spawn(file: string, args: readonly string[], options: SpawnOptions): unknown {
  const parent = self();
  const env = Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, value ?? ""]));
  if (file === "git") return spawnGit(parent, args, env, options);
  if (args.includes("__runner")) return spawnRunner(parent, args.slice(args.indexOf("__runner") + 1));
  const [, output] = options.stdio;
  const path = typeof output === "number" ? opened(output).path : "/dev/null";
  const started =
    args[0] === "-c" && args.length === 2
      ? startGate(parent.machine, options.cwd ?? "/", env, path)
      : startAgent(parent.machine, args, env, path);
  const child = new Child(started);
  tellParent(parent, started, child);
  parent.machine.after(parent, 0, () => child.emit("spawn"));
  return child;
}

/** Starts a runner, which stays for what its parent gives it after its first launch, for as long as that lives. */
function spawnRunner(parent: SimProcess, args: readonly string[]): Child {
  const { machine } = parent;
  const lines: (string | undefined)[] = [];
  let wanted: PromiseWithResolvers<undefined> | undefined;
  const take = (line: string | undefined): void => {
    if (line !== undefined) machine.handedOn += 1;
    lines.push(line);
    if (started.isAlive) machine.after(started, 0, () => wanted?.resolve(undefined));
  };
  const started = machine.startRunner(args, {
    next: async () => {
      if (parent.isAlive) machine.after(parent, 0, () => child.stdout.emit("data", Buffer.from("\n")));
      wanted = Promise.withResolvers();
      if (lines.length === 0) await wanted.promise;
      return lines.shift();
    },
  });
  const child = new Child(started);
  child.stdin = new Input(
    (text) => take(String(text).trimEnd()),
    () => take(undefined),
  );
  parent.onEnd.push(() => take(undefined));
  tellParent(parent, started, child);
  machine.after(parent, 0, () => child.emit("spawn"));
  return child;
}

/** A parent that lives hears of the end; one that is gone does not. */
function tellParent(parent: SimProcess, started: SimProcess, child: Child): void {
  started.onEnd.push(({ status, signal }: ProcessEnd) => {
    if (!parent.isAlive) return;
    parent.machine.after(parent, 0, () => {
      child.emit("exit", status ?? null, signal ?? null);
      child.emit("close", status ?? null, signal ?? null);
    });
  });
}

/** How long a call of git takes at most, in milliseconds. */
const GIT_MS = 3;

function spawnGit(
  parent: SimProcess,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdio }: SpawnOptions,
): Child {
  const { machine } = parent;
  const isConversation =
    args.includes("--batch") || (args.includes("update-ref") && args.includes("--stdin"));
  const name = `git ${args.filter((arg) => !arg.includes("=") && arg !== "-c").join(" ")}`;
  const input: Buffer[] = [];
  const isFed = stdio[0] === "pipe";
  const fed = Promise.withResolvers<undefined>();
  const talked = Promise.withResolvers<number>();
  if (!isFed) fed.resolve(undefined);
  const process = machine.start(
    "git",
    name,
    async (git) => {
      if (isConversation) return talked.promise;
      await fed.promise;
      await machine.pause(git, machine.random() * GIT_MS);
      const result = runGit(machine, args, env, Buffer.concat(input));
      if (!parent.isAlive) return result.status;
      machine.after(parent, 0, () => {
        child.stdout.emit("data", result.stdout);
        child.stderr.emit("data", Buffer.from(result.stderr));
      });
      return result.status;
    },
    { env },
  );
  const child = new Child(process);
  const answer = isConversation ? startConversation(machine, args, env) : undefined;
  const converse = (question: string): void => {
    const told = answer?.(question);
    if (told === undefined) talked.resolve(128);
    else if (parent.isAlive) machine.after(parent, 0, () => child.stdout.emit("data", Buffer.from(told)));
  };
  const take = (text: string | Uint8Array): void => {
    if (answer === undefined) input.push(Buffer.from(text));
    else machine.after(process, 0, () => converse(String(text)));
  };
  const finish = (): void => (answer === undefined ? fed.resolve(undefined) : talked.resolve(0));
  if (isFed) child.stdin = new Input(take, finish);
  tellParent(parent, process, child);
  // One that is asked ends with whoever asks; a single call may well get to its end alone.
  parent.onEnd.push(() => {
    if (isConversation || machine.chance(0.5)) machine.kill(process);
  });
  return child;
}

export function execFileSync(): never {
  throw new Killed("not simulated");
}
