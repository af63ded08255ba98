import { defineCommand } from "../command.ts";
import { idWord, jsonFlag } from "../parameters.ts";

export type UnlockFlags = { readonly json?: boolean };

export const unlockCommand = defineCommand<UnlockFlags, [id: string]>({
  usage: "ID [--json]",
  brief: "Remove the lock of a process that is gone",
  description: `Says whose lock the spec has (.chant/.locks/ID.lock), and removes it if that process is gone for certain: no process of
that number, start and boot is left on this machine. A process of another container or machine cannot be looked at: its
heartbeat is watched for 25 s, and without one it is believed that it is gone. Otherwise nothing is changed, and it ends
with status 75. Needed seldom: work and watch take over by themselves what a dead process of this machine left.`,
  examples: [["chant unlock 001", "whose it was, and that it is gone"]],
  parameters: { flags: { json: jsonFlag }, positional: { kind: "tuple", parameters: [idWord] } },
  body: () => import("./unlock.impl.ts"),
});
