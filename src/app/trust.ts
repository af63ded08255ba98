import { GuardReader } from "../git/guard.ts";
import { acceptConfig, untrustedDifferences } from "./engine/trusted-config.ts";
import type { Workspace } from "./workspace.ts";

/** Returns in words what the git configuration has got, since runs are under way, that can run code. */
export async function untrustedConfig({ repo, places }: Workspace): Promise<readonly string[]> {
  return untrustedDifferences({ repo, places, guard: new GuardReader(repo) });
}

/** Accepts the git configuration as it is now: nothing waits for it any longer. */
export async function trustConfig({ repo, places }: Workspace): Promise<void> {
  await acceptConfig({ repo, places, guard: new GuardReader(repo) });
}
