import { defineConfig } from "vitest/config";

/** Where to write the counts as JSON, next to what a person reads. */
const report = process.env["CHANT_TEST_REPORT"];

/**
 * Stories of rules that both builds share line by line, and of no part of the machine that another story on Node does not
 * meet. They would make the default suite too long there, where each start of chant takes several times as long:
 * `npm run test:node` tells them.
 */
const RULES_OF_BOTH = [
  "test/e2e/control/**",
  "test/e2e/watch/retry.test.ts",
  "test/e2e/work/{crash,environments,landing,odd-agents,review,status-commits,worst-moment}.test.ts",
];

const e2e = (kind: "exe" | "node", exclude: readonly string[]) => ({
  test: {
    name: `e2e-${kind}`,
    include: ["test/e2e/**/*.test.ts"],
    exclude: [...exclude],
    // Which chant the tests start: dist/chant-OS-ARCH, or Node with dist/chant.mjs.
    env: { CHANT_UNDER_TEST: kind },
  },
  extends: true as const,
});

/** Needs the registry and some minutes: npm run test:agents. */
const realAgents = {
  test: { name: "agents", include: ["test/real-agents/**/*.test.ts"], env: { CHANT_UNDER_TEST: "exe" } },
  extends: true as const,
};

export default defineConfig({
  test: {
    globalSetup: ["test/global-setup.ts"],
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    pool: "forks",
    maxWorkers: 2,
    // A test waits for events, not for time: these limits only end what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "git",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/real-agents/**"],
          // Rooms that are tested in this process ask git who the user is.
          env: {
            GIT_AUTHOR_NAME: "Test User",
            GIT_AUTHOR_EMAIL: "test@example.com",
            GIT_COMMITTER_NAME: "Test User",
            GIT_COMMITTER_EMAIL: "test@example.com",
          },
        },
      },
      e2e("exe", []),
      e2e("node", process.env["CHANT_TEST_NODE"] === "all" ? [] : RULES_OF_BOTH),
      ...(process.env["CHANT_TEST_AGENTS"] === "1" ? [realAgents] : []),
    ],
  },
});
