import { gitText } from "./program.ts";
import { newObject, type NewObject } from "./objects.ts";
import { commonPlace, type Repository } from "./repository.ts";
import { type GitSettings, setting } from "./settings.ts";

export interface CommitContent {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** Who commits when, and whether the commits are signed: the same for all commits of one batch. */
export interface Signature {
  readonly settings: GitSettings;
  readonly nowMs: number;
  readonly sign: boolean;
}

/** Signs as the repository asks for it, when `land.sign` is `auto`. */
export function signatureOf(settings: GitSettings, nowMs: number, sign: "off" | "auto"): Signature {
  const asked = setting(settings, "commit.gpgsign") ?? "false";
  return { settings, nowMs, sign: sign === "auto" && /^(true|yes|on|1)$/i.test(asked) };
}

/** How long a signing program may take, for example to ask for a passphrase, in milliseconds. */
const SIGN_LIMIT_MS = 60_000;

/** Returns a commit: as an object to store, or, signed, stored already by git. */
export async function makeCommit(
  repo: Repository,
  content: CommitContent,
  signature: Signature,
): Promise<{ readonly oid: string; readonly objects: readonly NewObject[] }> {
  if (signature.sign) return { oid: await signedCommit(repo, content, signature), objects: [] };
  const when = gitDate(signature.nowMs);
  const lines = [
    `tree ${content.tree}`,
    ...content.parents.map((parent) => `parent ${parent}`),
    `author ${signature.settings.author} ${when}`,
    `committer ${signature.settings.committer} ${when}`,
    "",
    content.message.replace(/\n*$/, "\n"),
  ];
  const object = newObject(repo.hash, "commit", Buffer.from(lines.join("\n"), "utf8"));
  return { oid: object.oid, objects: [object] };
}

async function signedCommit(repo: Repository, content: CommitContent, signature: Signature): Promise<string> {
  const { author, committer } = signature.settings;
  const date = gitDate(signature.nowMs);
  const args = ["commit-tree", "-S", content.tree, ...content.parents.flatMap((parent) => ["-p", parent])];
  return gitText({ ...commonPlace(repo), config: "user" }, args, {
    input: content.message.replace(/\n*$/, "\n"),
    timeoutMs: SIGN_LIMIT_MS,
    env: { ...person("AUTHOR", author, date), ...person("COMMITTER", committer, date) },
  });
}

function person(role: string, ident: string, date: string): Record<string, string> {
  const [, name = "", mail = ""] = /^(.*) <(.*)>$/.exec(ident) ?? [];
  return { [`GIT_${role}_NAME`]: name, [`GIT_${role}_EMAIL`]: mail, [`GIT_${role}_DATE`]: date };
}

/** Seconds since 1970 and the local offset from UTC, as git writes a date. */
function gitDate(nowMs: number): string {
  const minutes = -new Date(nowMs).getTimezoneOffset();
  const offset = Math.abs(minutes);
  const digits = `${String(Math.floor(offset / 60)).padStart(2, "0")}${String(offset % 60).padStart(2, "0")}`;
  return `${Math.floor(nowMs / 1000)} ${minutes < 0 ? "-" : "+"}${digits}`;
}

/** The parts of a commit object that chant reads. */
export interface ParsedCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** Returns when a commit was made, in milliseconds since 1970. */
export const commitTime = (content: Buffer): number =>
  Number(/^committer .* (\d+) [+-]\d+$/m.exec(content.toString("utf8"))?.[1] ?? 0) * 1000;

export function parseCommit(content: Buffer): ParsedCommit {
  const text = content.toString("utf8");
  const end = text.indexOf("\n\n");
  const header = end < 0 ? text : text.slice(0, end);
  return {
    tree: /^tree ([0-9a-f]+)$/m.exec(header)?.[1] ?? "",
    parents: [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => match[1] ?? ""),
    message: end < 0 ? "" : text.slice(end + 2),
  };
}
