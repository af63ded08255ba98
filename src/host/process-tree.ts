import { readdirSync, readFileSync } from "node:fs";

/** By what the processes of one run are told from all others. */
export interface Belonging {
  /** A variable that all of them inherit, as `NAME=value`. */
  readonly mark: string;
  /** A process group, whose leader also began a session. */
  readonly group?: number | undefined;
  /** Processes that are known to belong, such as those of a cgroup. */
  readonly pids?: readonly number[];
  /** Processes that are known not to belong, which are not looked at. */
  readonly others?: ReadonlySet<number>;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * Returns the pids of the living processes that belong together: by their mark, their group, their session, or because
 * one that belongs started them. One that cleared its environment, began a session of its own and lost its parent is
 * found only by what `pids` says. Only Linux tells; elsewhere there are none to be found.
 */
export function belongingPids({ mark, group, pids = [], others }: Belonging): readonly number[] {
  if (process.platform !== "linux") return [];
  const toLookAt = livingPids().filter((pid) => others?.has(pid) !== true || pids.includes(pid));
  const living = toLookAt.flatMap((pid) => processOf(pid) ?? []);
  const byPid = new Map(living.map((each) => [each.pid, each]));
  const found = new Set<number>();
  for (const each of living) {
    const isKnown =
      pids.includes(each.pid) || (group !== undefined && (each.group === group || each.session === group));
    if (isKnown || hasMark(each.pid, mark)) found.add(each.pid);
  }
  // Whoever looks is none of them, though it may carry the mark; nor is whoever shares its session.
  const own = byPid.get(process.pid)?.session;
  found.delete(process.pid);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    const sessions = new Set([...found].flatMap((pid) => byPid.get(pid)?.session ?? []));
    for (const each of living) {
      if (each.pid === process.pid || found.has(each.pid)) continue;
      // A session counts when whoever began it belongs, or is gone.
      const { session } = each;
      const isTheirs =
        session !== own &&
        session > 0 &&
        sessions.has(session) &&
        (found.has(session) || !byPid.has(session));
      if (isTheirs || found.has(each.parent)) found.add(each.pid);
    }
  }
  return [...found];
}

/** Returns the pids of all processes that live now. Only Linux tells; elsewhere there are none. */
export function livingPids(): readonly number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

/** The kernel's mark of its own threads (PF_KTHREAD), among the flags of a process. */
const KERNEL_THREAD = 0x20_0000;

/**
 * Reads what the system says of a process; undefined when it has ended, though its parent may not know yet, and of a
 * thread of the kernel.
 */
function processOf(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // After the command's name, which may hold spaces and brackets: state, parent, group, session, two more, flags.
    const [state = "", parent, group, session, , , flags] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X" || (Number(flags) & KERNEL_THREAD) !== 0) return undefined;
    return { pid, parent: Number(parent), group: Number(group), session: Number(session) };
  } catch {
    return undefined;
  }
}

function hasMark(pid: number, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
  } catch {
    // Gone meanwhile, or somebody else's.
    return false;
  }
}
