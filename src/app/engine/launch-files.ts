import { ChantError } from "../../kit/errors.ts";
import { listIfExists, readIfExists } from "../../host/files.ts";
import { isIdentity, type ProcessIdentity } from "../../host/identity.ts";
import {
  type AgentFile,
  agentFile,
  checksFile,
  type ChecksFile,
  endFile,
  type Launch,
  type LaunchEnd,
  launchFile,
  runnerFile,
} from "./launch.ts";

/*
 * What chant itself wrote, in one step and flushed, is whole; but a disk may be damaged, a backup may bring half a file
 * back, and people try things out. What is not of the shape that everything else counts on is refused here, by name.
 */

type Shape = (value: unknown) => boolean;
type Unknowns = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Unknowns =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const hasTexts = (value: unknown, ...keys: readonly string[]): value is Unknowns =>
  isObject(value) && keys.every((key) => typeof value[key] === "string");
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

const isAgentFile: Shape = (value) =>
  isObject(value) &&
  isIdentity(value["identity"]) &&
  typeof value["group"] === "number" &&
  typeof value["startedAtMs"] === "number";

const isLaunch: Shape = (value) =>
  hasTexts(value, "id", "run", "branch", "base", "agentName", "logs", "inbox") &&
  typeof value["launch"] === "number" &&
  hasTexts(value["repo"], "home", "commonDir", "gitDir") &&
  hasTexts(value["worktree"], "path", "adminDir") &&
  isObject(value["agent"]);

const isEnd: Shape = (value) =>
  hasTexts(value, "tip") &&
  isTexts(value["commits"]) &&
  hasTexts(value["agent"], "kind") &&
  isObject(value["verdict"]) &&
  (value["verdict"]["kind"] === "done"
    ? typeof value["verdict"]["noChanges"] === "boolean"
    : ["failed", "attention", "interrupted"].includes(String(value["verdict"]["kind"])) &&
      hasTexts(value["verdict"], "reason"));

/** @throws ChantError FILE_REFUSED when it is empty, torn or of another shape */
export async function readJson<T>(path: string, isWhole: Shape = isObject): Promise<T | undefined> {
  const text = await readIfExists(path);
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (isWhole(value)) return value as T;
  throw new ChantError("FILE_REFUSED", `${path} is empty or torn.`, {
    hint: "Nothing was changed. What it said of its run is lost; branch and worktree are there. See: chant list --summary",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const readLaunch = (folder: string, launch: number): Promise<Launch | undefined> =>
  readJson(launchFile(folder, launch), isLaunch);

/** Returns who owns a launch, or `void` when it is nobody's for good. */
export const readRunner = (folder: string, launch: number): Promise<ProcessIdentity | "void" | undefined> =>
  readJson(runnerFile(folder, launch), (value) => value === "void" || isIdentity(value));

export const readAgentFile = (folder: string, launch: number): Promise<AgentFile | undefined> =>
  readJson(agentFile(folder, launch), isAgentFile);

export const readEnd = (folder: string, launch: number): Promise<LaunchEnd | undefined> =>
  readJson(endFile(folder, launch), isEnd);

const isChecksFile: Shape = (value) =>
  hasTexts(value, "command") &&
  ["number", "of", "startedAtMs"].every((key) => typeof value[key] === "number") &&
  isTexts(value["ignored"]);

export const readChecks = (folder: string): Promise<ChecksFile | undefined> =>
  readJson(checksFile(folder), isChecksFile);

/** Returns what the runner of a run was handed last, by its folder; what cannot be read is as good as gone. */
export async function latestLaunch(folder: string): Promise<Launch | undefined> {
  const numbers = (await listIfExists(folder)).flatMap((name) => {
    const number = /^launch-(\d+)\.json$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  if (numbers.length === 0) return undefined;
  const launch = await readLaunch(folder, Math.max(...numbers)).catch(() => undefined);
  return launch?.version === 1 ? launch : undefined;
}
