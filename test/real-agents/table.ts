import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RealAgent } from "./programs.ts";

const FILE = join(import.meta.dirname, "..", "..", "docs", "reference", "agents.md");

/** What was tried with each program, and whether it held. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, "yes" | "no" | "does not apply">>;

type Rows = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads what an earlier run has written: by row, the cells under their heads. */
function rowsIn(page: string): Rows {
  const lines = page.split("\n").filter((line) => line.startsWith("| "));
  const [head = [], , ...rows] = lines.map((line) => line.split("|").map((cell) => cell.trim()));
  return new Map(
    rows.map((cells) => [cells[1] ?? "", new Map(head.map((name, at) => [name, cells[at] ?? ""]))]),
  );
}

/** Writes docs/reference/agents.md; what was not tried this time stays as it was, for the same version. */
export async function writeTable(agents: readonly RealAgent[], results: Results): Promise<void> {
  const head = agents.map((agent) => `${agent.name} ${agent.version}`);
  const before = rowsIn(await readFile(FILE, "utf8").catch(() => ""));
  const rows = [...results].map(([what, by]) => [
    what,
    ...agents.map(({ name }, at) => by.get(name) ?? before.get(what)?.get(head[at] ?? "") ?? "not tried"),
  ]);
  const lines = [["what", ...head], ["---", ...head.map(() => "---")], ...rows];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const packages = agents.map(
    (agent) => `- ${agent.name}: the package \`${agent.package}\`, version ${agent.version}`,
  );
  await writeFile(
    FILE,
    `# What was verified with real agents

<!-- Written by npm run test:agents (test/real-agents/): run that again rather than change this. -->

\`npm run test:agents\` installs these programs from the registry, gives each whole specs, and lets it ask a scripted
model on loopback (\`test/kit/model-server.ts\`). No real model is asked, and no key is needed. Last run on Linux.

${packages.join("\n")}

${table}

The providers \`cursor\`, \`kiro\`, \`copilot\` and \`qwen\` are known from documentation only: nothing of them was tried with
the real program, and \`chant agents\` calls them unverified. How each is started: [Agents](../guide/agents.md).
`,
  );
}
