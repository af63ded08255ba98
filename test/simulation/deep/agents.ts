import { Killed, type Machine, type ProcessEnd, type SimProcess } from "./machine.ts";
import { add, checkoutAt, commit, leaveBranch, saveFile, writeFile } from "./git/porcelain.ts";
import { GitFailure } from "./git/store.ts";

type Env = Readonly<Record<string, string>>;

/** What an agent may be like, and how often it is. */
const WAYS = {
  good: 40,
  leavesItUncommitted: 8,
  touchesShared: 8,
  failsForAWhile: 8,
  failsForGood: 4,
  ticksNothing: 4,
  lies: 4,
  saysItFailed: 2,
  hangs: 3,
  isKilled: 8,
  leavesAHelper: 4,
  detaches: 3,
  switchesBranch: 2,
  changesTheConfiguration: 2,
  doesNothing: 3,
} as const;

type Way = keyof typeof WAYS;

function draw(machine: Machine): Way {
  let n = machine.random() * Object.values(WAYS).reduce((a, b) => a + b, 0);
  for (const [way, weight] of Object.entries(WAYS)) if ((n -= weight) < 0) return way as Way;
  return "good";
}

/** git flushes a ref that it moves and no loose object, unless it is told otherwise. */
const AS_IT_COMES = { isFlushing: true, isFlushingObjects: false };

const SIGNALS: Readonly<Record<string, number>> = { SIGKILL: 137, SIGTERM: 143 };

/** The wrapper that chant puts around an agent: notes its pid, runs the agent, notes how that ended. */
export function startAgent(machine: Machine, args: readonly string[], env: Env, output: string): SimProcess {
  if (!args.includes("chant-agent")) throw new Error(`not simulated: ${args.join(" ")}`);
  return machine.start(
    "agent",
    "wrapper",
    async (wrapper) => {
      saveFile(machine, env["CHANT_WRAPPER_PID"] ?? "", `${wrapper.pid}\n`);
      const way = draw(machine);
      const agent = machine.start("agent", `agent (${way})`, (self) => act(self, way, output), {
        env,
        group: wrapper.pid,
      });
      const end = await new Promise<ProcessEnd>((resolve) => {
        agent.onEnd.push((ended) => machine.after(wrapper, 0, () => resolve(ended)));
      });
      const status = end.status ?? SIGNALS[end.signal ?? ""] ?? 137;
      saveFile(machine, env["CHANT_WRAPPER_STATUS"] ?? "", `${status}\n`);
      return status;
    },
    { env },
  );
}

async function act(self: SimProcess, way: Way, output: string): Promise<number> {
  const { machine, env } = self;
  const worktree = env["CHANT_WORKTREE"] ?? "";
  const id = env["CHANT_SPEC_ID"] ?? "";
  const think = (): Promise<void> => machine.pause(self, 20 + machine.below(500));
  const print = (line: string): void => {
    saveFile(machine, output, `${machine.disk.text(output) ?? ""}${line}\n`);
  };
  const write = (path: string, text: string): void => writeFile(machine, `${worktree}/${path}`, text);
  const tick = (): void => {
    const path = `.chant/specs/${id}.md`;
    write(path, (machine.disk.text(`${worktree}/${path}`) ?? "").replaceAll("- [ ]", "- [x]"));
  };
  const save = (): void => {
    const at = checkoutAt(machine, worktree, AS_IT_COMES);
    add(at);
    commit(at, `Work on ${id}`);
  };
  try {
    await think();
    print("at work");
    if (way === "doesNothing") return 0;
    if (way === "failsForAWhile") return (print("Error: rate_limit_exceeded"), 1);
    if (way === "hangs") {
      self.isStubborn = machine.chance(0.5);
      return await new Promise<number>(() => undefined);
    }
    if (way === "detaches") leaveBranch(checkoutAt(machine, worktree), undefined);
    if (way === "switchesBranch") leaveBranch(checkoutAt(machine, worktree), `side-${machine.hex(3)}`);
    if (way === "lies") {
      write(
        ".chant-status.json",
        JSON.stringify({ spec_id: id, status: "done", updated_at: new Date(machine.nowMs) }),
      );
      if (machine.chance(0.5)) await machine.pause(self, 600_000);
      return 0;
    }
    write(`work-${id}.txt`, `work ${machine.hex(4)}\n`);
    await think();
    if (way === "isKilled") {
      if (machine.chance(0.5)) save();
      write(`half-${id}.txt`, `half ${machine.hex(4)}\n`);
      // Its wrapper may go with it, and then nobody knows how it ended.
      const wrapper = machine.processes.get(self.group);
      if (wrapper !== undefined && machine.chance(0.4)) machine.kill(wrapper);
      machine.kill(self);
      throw new Killed("the agent was killed");
    }
    if (machine.chance(0.3)) save();
    if (way === "touchesShared") {
      write("shared.txt", `${machine.disk.text(`${worktree}/shared.txt`) ?? ""}${id}\n`);
    }
    if (way === "changesTheConfiguration") {
      // All else stays: a person may land it by force, and the gates and time limits of this world are still to hold.
      const path = ".chant/config.md";
      const text = machine.disk.text(`${worktree}/${path}`);
      // In a silent project it is not there.
      if (text !== undefined) write(path, text.replace("max: 2", "max: 9"));
    }
    if (way !== "ticksNothing") tick();
    if (way !== "leavesItUncommitted") save();
    if (way === "leavesAHelper") {
      machine.start(
        "agent",
        "helper",
        async (helper) => {
          helper.isStubborn = machine.chance(0.3);
          await machine.pause(helper, machine.below(1_500));
          write(`late-${id}.txt`, `late ${machine.hex(4)}\n`);
          return 0;
        },
        { env, group: machine.chance(0.5) ? self.group : undefined },
      );
    }
    await think();
    if (way === "failsForGood") return (print("panic"), 2);
    if (way === "saysItFailed") {
      const error = "I could not";
      write(
        ".chant-status.json",
        JSON.stringify({ spec_id: id, status: "failed", error, updated_at: new Date(machine.nowMs) }),
      );
    }
    return 0;
  } catch (error) {
    if (error instanceof GitFailure || (error instanceof Error && "syscall" in error)) return 1;
    throw error;
  }
}
