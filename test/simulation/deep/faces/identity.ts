import { type SimProcess } from "../machine.ts";
import { self } from "./fs.ts";

/* `src/host/identity.ts`, which reads /proc: here the machine knows who lives. */

export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly bootId: string;
  readonly host: string;
}

/** What `startedAt` counts. */
const TICK_MS = 10;

const nameOf = ({ pid, startedAt, bootId }: SimProcess): ProcessIdentity => ({
  pid,
  startedAt,
  bootId,
  host: "sim",
});

export function identityOf(pid: number): ProcessIdentity | undefined {
  const process = self().machine.processes.get(pid);
  return process === undefined ? undefined : nameOf(process);
}

export const ownIdentity = (): ProcessIdentity => nameOf(self());

export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && isSameProcess(now, identity);
}

/** How long a process has been there, in milliseconds; here nobody but this machine's own is looked at. */
export function ageMs({ startedAt, bootId, host }: ProcessIdentity): number {
  const { machine } = self();
  const isHere = bootId === machine.bootId && host === "sim";
  return isHere ? Math.max(0, machine.monotonicMs - Number(startedAt) * TICK_MS) : 0;
}

export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt && a.bootId === b.bootId && a.host === b.host;
}
