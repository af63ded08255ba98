import { accessSync, constants, readdirSync, readlinkSync, realpathSync, statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

const SHARED_MEMORY = "/dev/shm";
const WANTED_BYTES = 2 * 1024 ** 3;

/** One home and cache for all tests: test/kit/environment.ts. Only this may be left at the end. */
const SHARED = "shared";

/** Returns a folder in memory where there is room for the tests' repositories, else the usual temporary one. */
function fastestFolder(): string {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return bavail * bsize >= WANTED_BYTES ? SHARED_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Returns the processes that work inside `folder`; where there is no /proc, none are seen. */
function processesIn(folder: string): readonly number[] {
  const pids = readProc().filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isInside(workingDirectoryOf(pid), folder)).map(Number);
}

function readProc(): readonly string[] {
  try {
    return readdirSync("/proc");
  } catch {
    return [];
  }
}

function workingDirectoryOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile, and is reported all the same.
  }
}

const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

/**
 * Makes the one folder that tests put their repositories in, as `CHANT_TEST_ROOT`, in `CHANT_TEST_FOLDER` where that is
 * set, and at the end fails the whole
 * run when a test left a file or a process behind.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = process.env["CHANT_TEST_FOLDER"] ?? fastestFolder();
  const root = realpathSync(await mkdtemp(join(folder, "chant-test-")));
  process.env["CHANT_TEST_ROOT"] = root;
  // Rooms that are tested in this process must not read the developer's own configuration.
  process.env["XDG_CONFIG_HOME"] = join(root, SHARED, "config");
  process.env["XDG_STATE_HOME"] = join(root, SHARED, "state");
  return async () => {
    const left = readdirSync(root).filter((name) => name !== SHARED);
    const running = processesIn(root);
    running.forEach(end);
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
    if (left.length > 0) throw new Error(`Tests left files behind in CHANT_TEST_ROOT: ${left.join(", ")}.`);
    if (running.length > 0) throw new Error(`Tests left processes behind: ${running.join(", ")}.`);
  };
}
