import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chantJson, chantOk } from "../../kit/chant.ts";
import { tempProject } from "../../kit/spec.ts";
import type { TempRepo } from "../../kit/temp-repo.ts";

/** Programs on the PATH that say these versions. */
async function withPrograms(repo: TempRepo, programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(repo.root, "bin");
  await mkdir(folder);
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

interface Listed {
  readonly agents: readonly {
    readonly name?: string;
    readonly provider: string;
    readonly found: object;
    readonly login: object;
    readonly isVerified: boolean;
  }[];
}

test("every agent with its version, its login and what it can do; nothing is asked of a model", async () => {
  await using repo = await tempProject({
    agent: "{ provider: codex, env: { CODEX_HOME: /nowhere, CODEX_API_KEY: k } }",
    files: { "agent.sh": "#!/bin/sh\n" },
  });
  const described = `agents:
  local: { provider: opencode, base_url: http://localhost:11434/v1, model: q }
  mine: { provider: command, command: [./agent.sh] }
`;
  const config = await repo.read(".chant/config.md");
  await repo.write({ ".chant/config.md": config.replace("agents:\n", described) });
  const bin = await withPrograms(repo, {
    codex: 'echo "codex-cli 9.8.7"',
    gemini: "exit 3",
  });
  const env = { PATH: `${bin}:/usr/bin:/bin`, ANTHROPIC_API_KEY: "k" };
  const { agents } = await chantJson<Listed>(repo, ["agents"], { env });
  const of = (provider: string) => agents.find((agent) => agent.provider === provider);
  expect(agents.map(({ name, provider }) => name ?? `(${provider})`)).toEqual(
    "local mine test script (claude) (gemini) (cursor) (kiro) (copilot) (qwen)".split(" "),
  );
  expect(of("codex")).toMatchObject({
    isDefault: true,
    found: { kind: "version", version: "9.8.7" },
    login: { kind: "variable", name: "CODEX_API_KEY" },
    supports: { resume: true, events: true, tokens: true, cost: false, json: true },
    isVerified: true,
  });
  expect(of("gemini")).toMatchObject({ found: { kind: "silent" }, login: { kind: "none" } });
  expect(of("claude")).toMatchObject({
    found: { kind: "missing" },
    login: { kind: "variable", name: "ANTHROPIC_API_KEY" },
  });
  expect(of("opencode")).toMatchObject({ login: { kind: "not_needed" } });
  expect(of("command")).toMatchObject({ found: { kind: "own" }, login: { kind: "unknown" } });
  expect(agents.filter(({ isVerified }) => !isVerified).map(({ provider }) => provider)).toEqual([
    "cursor",
    "kiro",
    "copilot",
    "qwen",
  ]);
  const text = await chantOk(repo, ["agents"], { env });
  expect(text).toMatch(
    /^test\* +codex +codex +9\.8\.7 +CODEX_API_KEY +yes +yes +tokens +yes +with 0\.169\.0$/m,
  );
  expect(text).toMatch(/^- +kiro +kiro-cli +not found +not found +no +no +no +yes +unverified$/m);
});
