/**
 * Makes a fresh clone ready: installs what package-lock.json names unless it is there, then builds what is stale.
 * It runs on the Node that the machine happens to have, from 20, and without any package.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const node = join(root, "node_modules", ".bin", "node");

/**
 * @typedef {{ version?: string, optional?: boolean, peer?: boolean, link?: boolean }} Entry
 * @param {string} path
 * @returns {Record<string, Entry>}
 */
function packagesIn(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8")).packages;
}

/** Says why node_modules is not what package-lock.json asks for, or nothing when it is. */
function whyInstall() {
  // npm writes this file as the last step of an install, so that it is missing after one that was cut short.
  const record = "node_modules/.package-lock.json";
  if (!existsSync(join(root, record))) return "node_modules is missing";
  if (!existsSync(node)) return "node_modules has no Node";
  const wanted = packagesIn("package-lock.json");
  const there = packagesIn(record);
  for (const [path, { version, optional, peer, link }] of Object.entries(wanted)) {
    if (path === "" || link) continue;
    const found = there[path];
    // Packages for other machines are in the lock file only.
    if (found === undefined && (optional || peer)) continue;
    if (found?.version !== version) return `${path} is not at ${version}`;
  }
  const extra = Object.keys(there).find((path) => wanted[path] === undefined);
  return extra === undefined ? undefined : `${extra} is not in package-lock.json`;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function runOrStop(command, args) {
  // What is said here goes to stderr, so that a script's own output stays clean.
  const { status, error } = spawnSync(command, [...args], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  process.stderr.write(
    `ensure: "${command} ${args.join(" ")}" failed (${error?.message ?? `status ${String(status)}`}).\n`,
  );
  process.exit(1);
}

const reason = whyInstall();
if (reason !== undefined) {
  process.stderr.write(`ensure: running "npm ci", because ${reason}.\n`);
  runOrStop("npm", ["ci", "--loglevel=error"]);
}
runOrStop(node, ["scripts/build.mjs", "--if-stale"]);
