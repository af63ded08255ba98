import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelServer } from "../kit/model-server.ts";
import { type ProjectOptions, tempProject } from "../kit/spec.ts";
import type { TempRepo } from "../kit/temp-repo.ts";
import { install, type RealAgent } from "./programs.ts";

/** The spec of a project. */
export const A = "2026-01-01-001-abc";

/** A whole spec with a program that starts slowly, on a machine that has other things to do. */
export const LIMIT_MS = 120_000;

const SPEC =
  "---\ntype: code\nstatus: pending\n---\n\n# Say hello\n\n## Acceptance Criteria\n\n- [ ] It says hello\n";

interface Setup extends ProjectOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A project whose agent is the real program, with a home of its own, and asks the model of the test. */
export async function project(
  agent: RealAgent,
  model: ModelServer,
  { env, ...options }: Setup = {},
): Promise<TempRepo> {
  const program = await install(agent);
  const description = (home: string): object => ({
    provider: agent.provider,
    command: [program, ...(agent.args ?? [])],
    ...agent.config(model.url),
    // Its sandbox lets some of them write there, which is not to be where the repository is.
    env: { HOME: home, TMPDIR: join(home, "tmp"), ...agent.env(model.url, home), ...env },
  });
  const repo = await tempProject({ ...options, commit: false });
  const home = join(repo.root, "home");
  await mkdir(join(home, "tmp"), { recursive: true });
  const files = { ".gitconfig": "[user]\n\tname = Agent\n\temail = agent@example.com\n", ...agent.files };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
  }
  const config = await repo.read(".chant/config.md");
  await repo.write({
    ".chant/config.md": config.replace("{ provider: script }", () => JSON.stringify(description(home))),
    [`.chant/specs/${A}.md`]: SPEC,
  });
  await repo.commitAll("First commit");
  return repo;
}
