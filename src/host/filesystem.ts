import { statfs } from "node:fs/promises";
import { ChantError } from "../kit/errors.ts";

/** Filesystems over a network, by the magic numbers of Linux (statfs(2)): their locks and renames may not hold. */
const NETWORK = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
]);

/**
 * Looks at what the repository lies on. Elsewhere than on Linux it cannot tell, and lets it pass.
 * @throws ChantError NETWORK_FILESYSTEM
 */
export async function requireLocalFilesystem(path: string): Promise<void> {
  if (process.platform !== "linux") return;
  const name = networkFilesystem((await statfs(path)).type);
  if (name === undefined) return;
  throw new ChantError(
    "NETWORK_FILESYSTEM",
    `${path} is on ${name}, where locks between machines may not hold.`,
    {
      hint: "Work in a clone on a local disk, or, if you know that only this machine uses it, pass --allow-network-fs.",
    },
  );
}

/** Returns the name of a network filesystem, by the type that statfs gives; undefined for a local one. */
export function networkFilesystem(type: number): string | undefined {
  return NETWORK.get(type >>> 0);
}
