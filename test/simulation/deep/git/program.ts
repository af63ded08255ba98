import { DiskFault } from "../disk.ts";
import { Killed, type Machine } from "../machine.ts";
import * as commands from "./commands.ts";
import { type Checkout, checkoutOf } from "./checkout.ts";
import { GitFailure, notSimulated, type Store } from "./store.ts";

export interface GitResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string>>;

/** What a command prints, and a status other than 0 where that is an answer. */
export type Answer = string | { readonly status: number; readonly out?: string; readonly error?: string };

/** Runs one call of git as chant makes it; an option or a command that chant did not use so far fails the test. */
export function runGit(machine: Machine, args: readonly string[], env: Env, input: Buffer): GitResult {
  const { words, isFlushing } = readArgs(args);
  const [command = "", ...rest] = words;
  const at = checkoutOf(machine, env, { isFlushing });
  try {
    const answer = carryOut(at, command, rest, input.toString("latin1"), env);
    const { status = 0, out = "", error = "" } = typeof answer === "string" ? { out: answer } : answer;
    return { status, stdout: Buffer.from(out, "utf8"), stderr: error };
  } catch (error) {
    if (error instanceof DiskFault) {
      removeAside(at.store);
      return { status: 128, stdout: Buffer.alloc(0), stderr: `fatal: ${error.message}\n` };
    }
    if (!(error instanceof GitFailure)) {
      if (!(error instanceof Killed)) machine.blame(error);
      throw error;
    }
    return { status: error.status, stdout: Buffer.alloc(0), stderr: `fatal: ${error.message}\n` };
  }
}

/** What a git that fails does at its end; a disk that fails at this as well leaves it there. */
function removeAside({ machine, aside }: Store): void {
  for (const path of aside) {
    try {
      if (machine.disk.find(path) !== undefined) machine.disk.unlink(path);
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error;
    }
  }
  aside.clear();
}

function readArgs(args: readonly string[]): {
  readonly words: readonly string[];
  readonly isFlushing: boolean;
} {
  const words = [...args];
  let isFlushing = false;
  while (words[0] === "-c") {
    if (words[1] === "core.fsync=all") isFlushing = true;
    words.splice(0, 2);
  }
  if (words[0] === "--literal-pathspecs") words.shift();
  return { words, isFlushing };
}

function carryOut(at: Checkout, command: string, args: readonly string[], input: string, env: Env): Answer {
  const { store } = at;
  switch (command) {
    case "version":
      return "git version 2.47.1\n";
    case "config":
      return commands.config(at, args);
    case "var":
      return "Test User <test@example.com> 0 +0000\n";
    case "rev-parse":
      return commands.revParse(at, args);
    case "for-each-ref":
      return commands.forEachRef(store, args);
    case "update-ref":
      return commands.updateRef(store, args);
    case "merge-base":
      return commands.mergeBase(store, args);
    case "merge-tree":
      return commands.mergeTree(store, args);
    case "rev-list":
      return commands.revList(store, args);
    case "log":
      return commands.log(store, args);
    case "ls-files":
      return commands.listFiles(at, args);
    case "update-index":
      return commands.updateIndex(at, args, input);
    case "write-tree":
      store.requireNamed(at.index());
      return `${store.writeTree(at.index())}\n`;
    case "read-tree":
      return commands.readTree(at, args);
    case "reset":
      return commands.resetHard(at, args);
    case "diff-index":
      return commands.diffIndex(at, args);
    case "checkout-index":
      return commands.checkoutIndex(at, args, input);
    case "hash-object":
      return commands.hashObject(store, args, Buffer.from(input, "latin1"));
    default:
      return notSimulated(`git ${command} ${args.join(" ")} with GIT_DIR=${env["GIT_DIR"] ?? ""}`);
  }
}

/**
 * A git that stays: `cat-file --batch`, or `update-ref --stdin`. Returns what answers one question; undefined ends it.
 */
export function startConversation(
  machine: Machine,
  args: readonly string[],
  env: Env,
): (question: string) => string | Buffer | undefined {
  const { words, isFlushing } = readArgs(args);
  const { store } = checkoutOf(machine, env, { isFlushing });
  if (words[0] === "cat-file") return (question) => catFile(store, question.replace(/\n$/, ""));
  return (question) => {
    const order = /^start\noption no-deref\n(.+)\ncommit\n$/.exec(question)?.[1];
    if (order === undefined) return notSimulated(question);
    const [verb, ref = "", ...oids] = order.split(" ");
    try {
      const [to, from] = verb === "delete" ? [undefined, oids[0]] : oids;
      store.swap(ref, to, from === undefined || /^0+$/.test(from) ? undefined : from);
      return "start: ok\ncommit: ok\n";
    } catch (error) {
      if (error instanceof GitFailure) return undefined;
      if (!(error instanceof DiskFault)) throw error;
      removeAside(store);
      return undefined;
    }
  };
}

function catFile(store: Store, name: string): Buffer {
  const oid = commands.resolve(store, name);
  const object = oid === undefined ? undefined : store.object(oid);
  if (oid === undefined || object === undefined) return Buffer.from(`${name} missing\n`);
  return Buffer.concat([
    Buffer.from(`${oid} ${object.type} ${object.content.length}\n`),
    object.content,
    Buffer.from("\n"),
  ]);
}
