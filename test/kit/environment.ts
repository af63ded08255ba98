import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of test/global-setup.ts that every test puts its files in. */
export function testRoot(): string {
  const root = process.env["CHANT_TEST_ROOT"];
  if (root === undefined) throw new Error("CHANT_TEST_ROOT is not set: run the tests with vitest");
  return root;
}

/** Marks every process that was started for one repository, descendants included. */
export const REPOSITORY_MARK = "CHANT_TEST_REPOSITORY";

const TEST_USER = { name: "Test User", email: "test@example.com" } as const;

const GIT_CONFIG = `[user]\n\tname = ${TEST_USER.name}\n\temail = ${TEST_USER.email}\n[init]\n\tdefaultBranch = main\n`;

/**
 * Returns the whole environment of a program under test: nothing of the developer's own configuration, one home and one
 * cache for all tests (chant keeps a copy of its executable there, which is too large for one a test).
 */
export function hermeticEnv(mark: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  // global-setup.ts leaves this folder out when it looks for what tests have left.
  const shared = join(testRoot(), "shared");
  const home = join(shared, "home");
  const gitConfig = join(home, ".gitconfig");
  mkdirSync(home, { recursive: true });
  if (!existsSync(gitConfig)) {
    // Whole from the first moment: another test's git may be reading it.
    const aside = `${gitConfig}.${process.pid}`;
    writeFileSync(aside, GIT_CONFIG);
    renameSync(aside, gitConfig);
  }
  return {
    PATH: process.env["PATH"],
    LANG: "C.UTF-8",
    TZ: "UTC",
    TMPDIR: testRoot(),
    HOME: home,
    XDG_CACHE_HOME: join(shared, "cache"),
    XDG_CONFIG_HOME: join(shared, "config"),
    // What runs of one user share, such as a limit of their account, is nothing between tests.
    XDG_STATE_HOME: join(mark, ".state"),
    GIT_CONFIG_GLOBAL: gitConfig,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    // A watch outlives the command that starts it, and so would outlive its test.
    CHANT_NO_WATCH: "1",
    [REPOSITORY_MARK]: mark,
    ...extra,
  };
}
