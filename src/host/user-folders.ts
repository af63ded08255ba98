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

/**
 * Returns where chant keeps what all repositories of a user on this machine share, by the habits of XDG:
 * $XDG_STATE_HOME/chant, by default ~/.local/state/chant.
 */
export function userStateFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_STATE_HOME"] ?? "";
  return join(isAbsolute(base) ? base : join(homedir(), ".local", "state"), "chant");
}

export const homeFolder = (): string => homedir();
