import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * Returns chant's folder in the user's configuration, by the habits of XDG: $XDG_CONFIG_HOME/chant, by default
 * ~/.config/chant. A path there that is not absolute does not count.
 */
export function userConfigFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CONFIG_HOME"] ?? "";
  return join(isAbsolute(base) ? base : join(homedir(), ".config"), "chant");
}
