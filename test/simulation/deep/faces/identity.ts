import { type SimProcess } from "../machine.ts";
import { self } from "./fs.ts";

/* `src/host/identity.ts`, which reads /proc: here the machine knows who lives. */

export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
  readonly bootId: string;
  readonly host: string;
}

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

export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt && a.bootId === b.bootId && a.host === b.host;
}
