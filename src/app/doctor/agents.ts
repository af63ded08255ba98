import { resolve } from "node:path";
import type { AgentConfig, Config } from "../../domain/config.ts";
import { type Check, type CheckLevel, checkOf } from "../../domain/doctor.ts";
import { passedEnvironment } from "../../domain/environment.ts";
import { unreachable } from "../../kit/unreachable.ts";
import { agentEnvironment } from "../../git/settings.ts";
import { statIfExists } from "../../host/files.ts";
import type { GroupEnd } from "../../host/run-group.ts";
import { providerOf } from "../../agent/providers.ts";
import { readConfigs } from "../../store/config.ts";
import { askVersion, isOwnScript } from "../program-version.ts";
import type { Workspace } from "../workspace.ts";

/** Looks for the program of every agent that is described; none may take longer than the limit, all at once. */
export async function checkAgents({ places, repo }: Workspace, limitMs: number): Promise<readonly Check[]> {
  const { config } = await readConfigs(places);
  const agents = [...config.agents];
  if (agents.length === 0) {
    return [checkOf("agents", "info", "no agent is described; specs with a script can be worked")];
  }
  return Promise.all(
    agents.map(([name, agent]) => checkAgent(name, agent, config, { home: repo.home, limitMs })),
  );
}

interface Around {
  readonly home: string;
  readonly limitMs: number;
}

async function checkAgent(name: string, agent: AgentConfig, config: Config, around: Around): Promise<Check> {
  if (agent.provider === "script") return checkOf("agents", "ok", `${name}: runs the script of the spec`);
  const program = agent.command[0] ?? providerOf(agent).program ?? agent.provider;
  const level = config.defaults.agent === name ? "broken" : "warning";
  if (isOwnScript(agent.provider, program)) return ownScript(name, program, level, around);
  const env = { ...passedEnvironment(agentEnvironment(), config.agent.envPass), ...agent.env };
  const end = await askVersion(program, env, around.limitMs);
  const said = saidOf(end, program, around.limitMs);
  const from = `${name}: ${program}`;
  if (said.isThere) return checkOf("agents", said.level, `${from}${said.words}`, said.mend);
  const mend = `command -v ${program}   (install it, or mend agents.${name}.command; chant config show agents.${name} shows where)`;
  return checkOf("agents", level, `${from}${said.words}`, mend);
}

type Said =
  | { readonly isThere: false; readonly words: string }
  | { readonly isThere: true; readonly level: CheckLevel; readonly words: string; readonly mend?: string };

/** Puts how `PROGRAM --version` ended into words that follow its name. */
function saidOf(end: GroupEnd, program: string, limitMs: number): Said {
  const mend = `${program} --version`;
  switch (end.kind) {
    case "exited":
      // What the shell says of a program that it does not find, or may not start.
      if (end.status === 127) return { isThere: false, words: " was not found." };
      if (end.status === 126) return { isThere: false, words: " cannot be started." };
      if (end.status !== 0) return { isThere: true, level: "info", words: " is there, and tells no version" };
      return { isThere: true, level: "ok", words: `, ${end.said === "" ? "version unknown" : end.said}` };
    case "killed": {
      const words = ` --version did not end within ${limitMs / 1000} s.`;
      return { isThere: true, level: "warning", words, mend };
    }
    case "signalled":
      return { isThere: true, level: "warning", words: ` --version was ended by ${end.signal}.`, mend };
    case "not_started":
      return { isThere: true, level: "warning", words: ` could not be asked: ${end.problem}`, mend };
    default:
      return unreachable(end);
  }
}

async function ownScript(
  name: string,
  program: string,
  level: "broken" | "warning",
  { home }: Around,
): Promise<Check> {
  const path = resolve(home, program);
  const stat = await statIfExists(path);
  if (stat === undefined) return checkOf("agents", level, `${name}: ${path} is not there.`, `ls -l ${path}`);
  const isProgram = stat.isSymbolicLink() || (stat.isFile() && (stat.mode & 0o111) !== 0);
  if (!isProgram) return checkOf("agents", level, `${name}: ${path} is not executable.`, `chmod +x ${path}`);
  return checkOf("agents", "ok", `${name}: ${program} is there`);
}
