/**
 * The composition root: the only file that may import every room. What agents call often comes first, with as little
 * loaded as possible.
 */
import type { Context } from "./cli/context.ts";
import { Terminal } from "./host/terminal.ts";

/** Runs one command and returns its exit status. */
export async function main(argv: readonly string[], version: () => Promise<string>): Promise<number> {
  const [command, ...words] = argv;
  const terminal = new Terminal(process.env);
  const fail = (failure: unknown): Promise<number> => report(failure, terminal);
  process.once("uncaughtException", (failure) => void fail(failure).then((status) => process.exit(status)));
  try {
    if (command === "__runner") return await runRunner(words);
    if (command === "__acp") return await runAcpClient(words, terminal);
    const isOwnTick = command === "tick" && words.every((word) => word === "--all" || /^[\d,]+$/.test(word));
    if (isOwnTick && process.env["CHANT_SPEC_FILE"] !== undefined) return await tickOwn(words, terminal);
    const { runCli } = await import("./cli/run.ts");
    return await runCli(argv, await contextFor(terminal, version, fail));
  } catch (failure) {
    return fail(failure);
  }
}

async function runRunner([folder = "", number = "", stay]: readonly string[]): Promise<number> {
  const [{ serveLaunches }, { isRuntimeVariable }, { taskReader }] = await Promise.all([
    import("./app/runner/serve.ts"),
    import("./host/own-program.ts"),
    import("./host/task-process.ts"),
  ]);
  // They have done their work; the agent gets the user's own.
  for (const name of Object.keys(process.env).filter(isRuntimeVariable)) delete process.env[name];
  await serveLaunches({ folder, launch: Number(number) }, stay === "--stay" ? taskReader() : () => undefined);
  return 0;
}

/** The client of the Agent Client Protocol, in the place of an agent's program. */
async function runAcpClient([taskFile = ""]: readonly string[], terminal: Terminal): Promise<number> {
  const { runAcp } = await import("./app/acp.ts");
  const around = { env: process.env, cwd: process.cwd(), prompt: terminal.readAll() };
  return runAcp(taskFile, { ...around, print: (line) => terminal.out(line) });
}

/** `chant tick` inside a worktree, without the parser. */
async function tickOwn(words: readonly string[], terminal: Terminal): Promise<number> {
  const [{ tickOwn: tick }, { tickText }] = await Promise.all([
    import("./app/tick.ts"),
    import("./cli/tick-text.ts"),
  ]);
  const numbers = words.filter((word) => word !== "--all");
  const result = await tick(process.env, numbers, numbers.length < words.length);
  if (result === undefined) throw new Error("tick without a spec of its own");
  const { out, err } = tickText(result);
  terminal.out(out);
  terminal.err(err);
  return 0;
}

async function contextFor(
  terminal: Terminal,
  version: Context["version"],
  fail: (failure: unknown) => Promise<number>,
): Promise<Context> {
  const [{ systemClock }, { Interruption }] = await Promise.all([
    import("./host/clock.ts"),
    import("./host/interruption.ts"),
  ]);
  const stream = (fd: 1 | 2): { write(text: string): void; getColorDepth(): number } => ({
    write: (text) => (fd === 1 ? terminal.out(text) : terminal.err(text)),
    getColorDepth: () => (terminal.hasColor(fd) ? 4 : 1),
  });
  return {
    process: { stdout: stream(1), stderr: stream(2), env: process.env },
    terminal,
    cwd: process.cwd(),
    env: process.env,
    clock: systemClock,
    version,
    interruption: (onFirst) => new Interruption(onFirst),
    fail,
  };
}

/** Tells a person what went wrong, writes a fault of chant's own down, and returns the exit status. */
async function report(failure: unknown, terminal: Terminal): Promise<number> {
  const { failureOf, failureText } = await import("./cli/failure.ts");
  const { details, ...told } = failureOf(failure);
  if (details === undefined) {
    terminal.err(failureText(told, undefined, terminal.hasColor(2)));
    return told.exitStatus;
  }
  const { writeErrorLog } = await import("./app/error-log.ts");
  const argv = process.argv.slice(2);
  // What a runner prints goes to a file of its run.
  const isWanted = (process.env["CHANT_DEBUG"] ?? "") !== "" || argv[0] === "__runner";
  if (isWanted) terminal.err(`${details}\n`);
  const place = await writeErrorLog(process.cwd(), argv, details);
  terminal.err(failureText({ ...told, details }, place, terminal.hasColor(2)));
  return told.exitStatus;
}
