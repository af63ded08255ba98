import { readdirSync, readFileSync } from "node:fs";

/** What a process has cost so far, by the kernel's own account. */
export interface ProcessCost {
  readonly cpuMs: number;
  /** Of memory in RAM, its own and shared, in bytes. */
  readonly residentBytes: number;
  /** Its children that live. */
  readonly children: readonly number[];
  /**
   * Minor page faults of children that have ended and been waited for. A process cannot start, let alone load a
   * program, without hundreds of them: as long as this stays the same, no child has ended.
   */
  readonly childFaults: number;
}

/** The kernel's unit of CPU time in /proc, on every Linux that Node runs on. */
const TICK_MS = 10;

export function costOf(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // From field 3 on: what comes before is the name, which may hold anything.
  const field = (n: number): number => Number(fields[n - 3]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return {
    cpuMs: (field(14) + field(15)) * TICK_MS,
    residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024,
    children: readdirSync(`/proc/${pid}/task`).flatMap((task) => childrenOf(pid, task)),
    childFaults: field(11),
  };
}

function childrenOf(pid: number, task: string): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
