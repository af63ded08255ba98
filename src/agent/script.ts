import { join } from "node:path";
import { ChantError } from "../kit/errors.ts";
import type { Provider } from "./provider.ts";

/**
 * Runs the fenced block under the spec's heading `## Script` with `sh -e` in the worktree: no model, for codemods,
 * version bumps and demonstrations. The first command that fails ends it.
 */
export const scriptProvider: Provider = {
  name: "script",
  command({ spec, folder }) {
    if (spec.script === undefined) {
      throw new ChantError("AGENT_FAILED", 'the spec has no fenced block under a heading "## Script"', {
        hint: "Write one, or choose another agent in .chant/config.md.",
      });
    }
    const path = join(folder, "script.sh");
    return { argv: ["sh", "-e", path], readsPrompt: false, files: [{ path, content: `${spec.script}\n` }] };
  },
};
