import type { AgentStanding, Found, Login } from "../app/agents.ts";
import { columns, escapeTerminal } from "../kit/text.ts";
import { unreachable } from "../kit/unreachable.ts";

const HEAD = [
  "agent",
  "provider",
  "program",
  "version",
  "login",
  "resume",
  "events",
  "usage",
  "json",
  "verified",
];

/** Returns the table of `chant agents`: the described ones, the default with a star, then the others. */
export function agentsText(agents: readonly AgentStanding[]): string {
  const rows = agents.map((agent) =>
    [
      agent.name === undefined ? "-" : `${agent.name}${agent.isDefault ? "*" : ""}`,
      agent.provider,
      agent.program ?? "-",
      foundText(agent.found),
      loginText(agent.login),
      yes(agent.supports.resume),
      yes(agent.supports.events),
      usageText(agent),
      yes(agent.supports.json),
      verifiedText(agent),
    ].map((cell) => escapeTerminal(cell)),
  );
  return columns([HEAD, ...rows]);
}

const yes = (is: boolean): string => (is ? "yes" : "no");

const usageText = ({ supports }: AgentStanding): string => {
  if (!supports.tokens) return "no";
  return supports.cost ? "tokens, cost" : "tokens";
};

function verifiedText({ isVerified, verifiedWith }: AgentStanding): string {
  if (!isVerified) return "unverified";
  return verifiedWith === undefined ? "yes" : `with ${verifiedWith}`;
}

function foundText(found: Found): string {
  switch (found.kind) {
    case "version":
      return found.version;
    case "missing":
      return "not found";
    case "silent":
      return "unknown";
    case "own":
      return "-";
    default:
      return unreachable(found);
  }
}

function loginText(login: Login): string {
  switch (login.kind) {
    case "variable":
      return login.name;
    case "file":
      return login.path;
    case "none":
      return "not found";
    case "not_needed":
      return "none needed";
    case "unknown":
      return "unknown";
    default:
      return unreachable(login);
  }
}
