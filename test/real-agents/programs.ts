import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { limitHeaders } from "../kit/wire/anthropic.ts";
import { quotaPerDay, quotaPerMinute } from "../kit/wire/gemini.ts";
import { insufficientQuota, usageLimitReached } from "../kit/wire/openai-responses.ts";
import type { Answer } from "../kit/wire/wire.ts";

/** A real agent program, and how it is made to ask a model on loopback. */
export interface RealAgent {
  /** What its column in the table is called, and the folder of its fixtures begins with. */
  readonly name: string;
  readonly provider: "claude" | "codex" | "gemini" | "opencode" | "acp";
  /** What its package calls the program. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly package: string;
  readonly version: string;
  /** Keys of its entry under `agents`, besides provider and command. */
  readonly config: (url: string) => Readonly<Record<string, unknown>>;
  readonly env: (url: string, home: string) => Readonly<Record<string, string>>;
  /** Files of its home, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes it run a command in its shell. */
  readonly shell: (command: string) => Answer;
  /** Whether it tells what it has used. */
  readonly tellsUsage: boolean;
  /** Whether what it commits reaches the branch: in its sandbox, Codex cannot. */
  readonly commits: boolean;
  /** The refusal that tells when the account may be used again; absent where the program is silent about it. */
  readonly limit?: (resetsAtMs: number) => Answer;
  /** What it says then on top of the environment. */
  readonly limitEnv?: Readonly<Record<string, string>>;
  /** The refusal of an account that is used up; absent where the program asks on and on. */
  readonly quota?: Answer;
}

export const REAL_AGENTS: readonly RealAgent[] = [
  {
    name: "claude",
    provider: "claude",
    program: "claude",
    package: "@anthropic-ai/claude-code",
    version: "2.1.329",
    config: () => ({}),
    env: (url, home) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "sk-test",
      CLAUDE_CODE_MAX_RETRIES: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CONFIG_DIR: join(home, ".claude"),
      IS_SANDBOX: "1",
    }),
    shell: (command) => ({ kind: "tool", name: "Bash", input: { command } }),
    commits: true,
    tellsUsage: true,
    limit: (resetsAtMs) => ({ kind: "error", status: 429, headers: limitHeaders(resetsAtMs) }),
    // With a key it is no account on a plan.
    limitEnv: { CLAUDE_CODE_OAUTH_TOKEN: "token", ANTHROPIC_API_KEY: "" },
  },
  {
    name: "codex",
    provider: "codex",
    program: "codex",
    package: "@openai/codex",
    version: "0.169.0",
    config: (url) => ({ model: "test-model", flags: codexEndpoint(url) }),
    env: (_url, home) => ({
      CODEX_HOME: join(home, ".codex"),
      TEST_KEY: "sk-test",
    }),
    files: { ".codex/config.toml": "" },
    shell: (cmd) => ({ kind: "tool", name: "exec_command", input: { cmd } }),
    commits: false,
    tellsUsage: true,
    limit: (resetsAtMs) => ({ kind: "error", status: 429, body: usageLimitReached(resetsAtMs) }),
    quota: { kind: "error", status: 429, body: insufficientQuota },
  },
  {
    name: "gemini",
    provider: "gemini",
    program: "gemini",
    package: "@google/gemini-cli",
    version: "0.61.0",
    config: () => ({ model: "gemini-2.5-pro" }),
    env: (url) => ({ GEMINI_API_KEY: "test", GOOGLE_GEMINI_BASE_URL: url }),
    files: {
      ".gemini/settings.json": JSON.stringify({ security: { auth: { selectedType: "gemini-api-key" } } }),
    },
    shell: (command) => ({
      kind: "tool",
      name: "run_shell_command",
      input: { command, description: "work" },
    }),
    commits: true,
    tellsUsage: true,
    limit: (resetsAtMs) => ({
      kind: "error",
      status: 429,
      body: quotaPerMinute(Math.ceil((resetsAtMs - Date.now()) / 1000)),
    }),
    quota: { kind: "error", status: 429, body: quotaPerDay },
  },
  {
    name: "opencode",
    provider: "opencode",
    program: "opencode",
    package: "opencode-ai",
    version: "1.18.33",
    config: (url) => ({ model: "test-model", base_url: `${url}/v1`, key_env: "TEST_KEY" }),
    env: () => ({ TEST_KEY: "sk-test" }),
    shell: (command) => ({ kind: "tool", name: "bash", input: { command, description: "work" } }),
    commits: true,
    tellsUsage: true,
  },
  {
    name: "acp (opencode)",
    provider: "acp",
    program: "opencode",
    args: ["acp"],
    package: "opencode-ai",
    version: "1.18.33",
    config: () => ({}),
    env: (url) => ({
      TEST_KEY: "sk-test",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        provider: {
          test: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${url}/v1`, apiKey: "{env:TEST_KEY}" },
            models: { "test-model": {} },
          },
        },
        model: "test/test-model",
        small_model: "test/test-model",
      }),
    }),
    shell: (command) => ({ kind: "tool", name: "bash", input: { command, description: "work" } }),
    commits: true,
    tellsUsage: false,
  },
  {
    name: "acp (gemini)",
    provider: "acp",
    program: "gemini",
    args: ["--acp", "-m", "gemini-2.5-pro"],
    package: "@google/gemini-cli",
    version: "0.61.0",
    config: () => ({}),
    env: (url) => ({
      GEMINI_API_KEY: "test",
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
    }),
    files: {
      ".gemini/settings.json": JSON.stringify({ security: { auth: { selectedType: "gemini-api-key" } } }),
    },
    shell: (command) => ({
      kind: "tool",
      name: "run_shell_command",
      input: { command, description: "work" },
    }),
    commits: true,
    tellsUsage: false,
  },
];

const codexEndpoint = (url: string): readonly string[] => [
  "-c",
  "model_provider=test",
  "-c",
  `model_providers.test={name="test",base_url="${url}/v1",env_key="TEST_KEY",wire_api="responses",supports_websockets=false,request_max_retries=0,stream_max_retries=1}`,
];

/** Where the programs are kept between runs of this suite. */
const CACHE = process.env["CHANT_TEST_AGENTS_CACHE"] ?? join(homedir(), ".cache", "chant-test-agents");

const INSTALL_LIMIT_MS = 600_000;

/** Installs a program from the registry unless it is there, and returns its path. */
export async function install({ package: name, version, program: bin }: RealAgent): Promise<string> {
  const folder = join(CACHE, `${bin}-${version}`);
  const program = join(folder, "node_modules", ".bin", bin);
  if (existsSync(program)) return program;
  const aside = `${folder}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  try {
    await writeFile(join(aside, "package.json"), "{}\n");
    const args = [
      "install",
      "--no-audit",
      "--no-fund",
      "--save-exact",
      "--prefix",
      aside,
      `${name}@${version}`,
    ];
    await promisify(execFile)("npm", args, { timeout: INSTALL_LIMIT_MS });
    await rename(aside, folder);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return program;
}
