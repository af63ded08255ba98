import { type Lease, portsOf, portsToTry } from "../../domain/ports.ts";
import { effect } from "../../host/effects.ts";
import { statIfExists } from "../../host/files.ts";
import { isPortFree } from "../../host/free-port.ts";
import { ChantError } from "../../kit/errors.ts";
import { UserState } from "../../store/user-state.ts";

interface Leases {
  readonly version: 1;
  readonly leases: readonly Lease[];
}

const state = (): UserState<Leases> => new UserState("ports", parse);

function parse(value: unknown): Leases {
  const listed = typeof value === "object" && value !== null && "leases" in value ? value.leases : [];
  return { version: 1, leases: Array.isArray(listed) ? listed.filter(isLease) : [] };
}

function isLease(value: unknown): value is Lease {
  if (typeof value !== "object" || value === null) return false;
  const { port, holder, while: files } = value as Partial<Lease>;
  return Number.isInteger(port) && typeof holder === "string" && Array.isArray(files);
}

/**
 * Leases so many ports of this machine to a holder, no two of this user's holders the same one, each found free now.
 * Asked again, it gives the same. The lease lasts while one of the files is there, or until it is given back.
 * @throws ChantError WORKTREE_FAILED when there are not so many
 */
export async function leasePorts(
  holder: string,
  count: number,
  files: readonly string[],
): Promise<readonly number[]> {
  if (count === 0) return [];
  return effect("ports.lease", () =>
    state().change(async ({ leases }) => {
      const living = await livingOf(leases, holder);
      const ports = [...portsOf(living, holder, count)];
      const taken = new Set(living.map(({ port }) => port));
      for (const port of portsToTry(holder)) {
        if (ports.length === count) break;
        if (!taken.has(port) && (await isPortFree(port))) ports.push(port);
      }
      if (ports.length < count) {
        throw new ChantError("WORKTREE_FAILED", `Only ${ports.length} of ${count} ports are free.`, {
          hint: "Ask for fewer under worktree.ports, or clear away worktrees: chant cleanup --dry-run",
        });
      }
      const others = living.filter((lease) => lease.holder !== holder);
      const own = ports.map((port): Lease => ({ port, holder, while: files }));
      return { after: { version: 1, leases: [...others, ...own] }, result: ports };
    }),
  );
}

/** Leaves out what nobody holds any more: who was to give it back was killed. */
async function livingOf(leases: readonly Lease[], holder: string): Promise<readonly Lease[]> {
  const living: Lease[] = [];
  for (const lease of leases) {
    const files = await Promise.all(lease.while.map(statIfExists));
    if (lease.holder === holder || files.some((file) => file !== undefined)) living.push(lease);
  }
  return living;
}

/** Gives back all ports of a holder; without any it changes nothing. */
export async function releasePorts(holder: string): Promise<void> {
  await effect("ports.release", () =>
    state().change(async (before) => {
      const leases = before.leases.filter((lease) => lease.holder !== holder);
      const isSame = leases.length === before.leases.length;
      return { after: isSame ? before : { version: 1, leases }, result: undefined };
    }),
  );
}
