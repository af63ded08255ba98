import { defineConfig } from "vitest/config";

/** Where to write the counts as JSON, next to what a person reads. */
const report = process.env["CHANT_TEST_REPORT"];

const e2e = (kind: "exe" | "node") => ({
  test: {
    name: `e2e-${kind}`,
    include: ["test/e2e/**/*.test.ts"],
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
      e2e("exe"),
      e2e("node"),
      ...(process.env["CHANT_TEST_AGENTS"] === "1" ? [realAgents] : []),
    ],
  },
});
