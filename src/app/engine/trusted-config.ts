import { join } from "node:path";
import { ChantError } from "../../kit/errors.ts";
import type { KernelLock } from "../../host/kernel-lock.ts";
import { type Guard, guardDifferences, type GuardReader } from "../../git/guard.ts";
import { readIntent } from "../../git/intent.ts";
import { recoverPublish } from "../../git/recover.ts";
import type { Repository } from "../../git/repository.ts";
import type { GitSettings } from "../../git/settings.ts";
import type { Places } from "../../store/places.ts";
import { writeJson } from "./launch.ts";
import { readJson } from "./launch-files.ts";
import { readRecords } from "./record.ts";

/**
 * One trusted git configuration for a repository: as it was when no run was under way, or as a person accepted it
 * since. One agent's change is not what the next run starts from.
 */
export interface TrustPlaces {
  readonly repo: Repository;
  readonly places: Places;
  readonly guard: GuardReader;
}

const trustedFile = (places: Places): string => join(places.own, "trusted-guard.json");

/** Returns in words what of the git configuration that can run code is not trusted; nothing is written. */
export async function untrustedDifferences({ places, guard }: TrustPlaces): Promise<readonly string[]> {
  const trusted = await readJson<Guard>(trustedFile(places));
  return trusted === undefined ? [] : guardDifferences(trusted, await guard.read());
}

/** Like `untrustedDifferences`, but while no run is under way the configuration is the user's, and trusted. */
export async function checkTrusted(
  trust: TrustPlaces & { readonly kernelLock: KernelLock },
): Promise<readonly string[]> {
  const { places } = trust;
  // When a run was parked, and that was published, the configuration was looked at: what changed since is the user's.
  const isIdle = async (): Promise<boolean> =>
    [...(await readRecords(places)).values()].every(({ parked }) => parked?.isPublished === true);
  // A run is claimed under the same lock: none can start, and change something, in between.
  const takeNow = (): Promise<void> =>
    trust.kernelLock.hold(async () => {
      const trusted = await readJson<Guard>(trustedFile(places));
      if (trusted === undefined || (await isIdle())) await acceptConfig(trust);
    });
  const differences = await untrustedDifferences(trust);
  const isMissing = (await readJson<Guard>(trustedFile(places))) === undefined;
  if (!isMissing && differences.length === 0) return [];
  if (!isMissing && !(await isIdle())) return differences;
  await takeNow();
  return untrustedDifferences(trust);
}

/** Accepts the configuration as it is now. */
export async function acceptConfig({ places, guard }: TrustPlaces): Promise<void> {
  await writeJson(trustedFile(places), await guard.read());
}

export const untrustedReason = (differences: readonly string[]): string =>
  `the git configuration changed while an agent ran (look at it with: chant trust git-config): ${differences.join("; ")}`;

/** Leaves out the settings that are not trusted, so that no shadow is made with them. */
export function trustedSettings(settings: GitSettings, differences: readonly string[]): GitSettings {
  const isUntrusted = (name: string): boolean =>
    differences.some((each) => each.startsWith(`config ${name} `));
  return { ...settings, values: new Map([...settings.values].filter(([name]) => !isUntrusted(name))) };
}

/** @throws ChantError LANDING_WAITS when something in the configuration is not trusted */
export async function requireTrusted(trust: TrustPlaces): Promise<void> {
  const differences = await untrustedDifferences(trust);
  if (differences.length === 0) return;
  throw new ChantError("LANDING_WAITS", `${untrustedReason(differences)}.`, {
    hint: "Undo it if you do not know it. Else accept it with: chant trust git-config",
  });
}

/**
 * Finishes a landing that was cut off, unless git would run something of an agent's in it. The caller holds the land
 * lock.
 * @throws ChantError LANDING_WAITS
 */
export async function recoverTrusted(trust: TrustPlaces): Promise<void> {
  if ((await readIntent(trust.repo)) !== undefined) await requireTrusted(trust);
  await recoverPublish(trust.repo);
}
