import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Names one process for good: a pid alone is reused, together with these it is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the kernel's own unit (clock ticks since boot on Linux, a date elsewhere). */
  readonly startedAt: string;
  /** Names the boot of the machine; a pid from before a reboot is nobody. */
  readonly bootId: string;
  readonly host: string;
}

/** Tells whether something that was read names a process. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as { readonly [key: string]: unknown };
  const isText = (key: string): boolean => typeof fields[key] === "string";
  return typeof fields["pid"] === "number" && ["startedAt", "bootId", "host"].every(isText);
}

const isLinux = process.platform === "linux";

/** Returns the identity of a living process, or undefined when there is none with that pid. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startTimeOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt, bootId: bootId(), host: hostname() };
}

let own: ProcessIdentity | undefined;

/** Returns the identity of this process. */
export function ownIdentity(): ProcessIdentity {
  own ??= identityOf(process.pid);
  if (own === undefined) throw new Error("this process has no start time");
  return own;
}

/**
 * Returns true when exactly this process still lives. One on another host cannot be told from here and counts as
 * living: its lock is for a person to break.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname()) return true;
  if (identity.bootId !== bootId()) return false;
  return startTimeOf(identity.pid) === identity.startedAt;
}

/** Linux counts by hundredths of a second, whatever its kernel does inside. */
const TICK_MS = 10;

/**
 * Returns how long a process has been there, in milliseconds, by the kernel's own count of when it and this one were
 * started; 0 where nobody can tell.
 * @param observer this process, and how long it has been there, in milliseconds
 */
export function ageMs(
  process: ProcessIdentity,
  observer: { readonly identity: ProcessIdentity; readonly ageMs: number } = ownAge(),
): number {
  const { identity } = observer;
  if (process.bootId !== identity.bootId || process.host !== identity.host) return 0;
  return Math.max(0, startMs(identity) - startMs(process) + observer.ageMs);
}

const ownAge = () => ({ identity: ownIdentity(), ageMs: process.uptime() * 1_000 });

const startMs = ({ startedAt }: ProcessIdentity): number =>
  /^\d+$/.test(startedAt) ? Number(startedAt) * TICK_MS : Date.parse(startedAt);

/** Returns the same process as one of this machine's that is no more: its boot is none. */
export function goneIdentity(identity: ProcessIdentity): ProcessIdentity {
  return { ...identity, host: hostname(), bootId: "gone" };
}

/** Returns true when both name the same process. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt && a.bootId === b.bootId && a.host === b.host;
}

/** Field 22 of /proc/PID/stat, after the command's name, which may hold spaces and brackets. A zombie is nobody. */
function startTimeOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  try {
    if (isLinux) {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
    }
    const out = execFileSync("ps", ["-o", "lstart=,stat=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return out === "" || / Z\S*$/.test(out) ? undefined : out.replace(/\s+\S+$/, "");
  } catch {
    return undefined;
  }
}

let boot: string | undefined;

function bootId(): string {
  boot ??= isLinux
    ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    : execFileSync("sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" }).trim();
  return boot;
}
