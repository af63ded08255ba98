import { describe, expect, test } from "vitest";
import { chant } from "../kit/chant.ts";
import { modelServer } from "../kit/model-server.ts";
import { REAL_AGENTS } from "./programs.ts";
import { A, LIMIT_MS, project } from "./project.ts";

const member = (title: string): object => ({
  title,
  description: `Do ${title}.`,
  criteria: [`${title} is done`],
});

const asked = REAL_AGENTS.filter(({ provider }) => provider !== "acp");

describe.each(asked.map((agent) => [agent.name, agent] as const))("%s", (_name, agent) => {
  test(
    "it is asked for members, and they are written",
    async () => {
      const text = JSON.stringify({ members: [member("One"), member("Two")] });
      await using model = await modelServer({ kind: "text", text });
      await using repo = await project(agent, model);
      const { status, stderr } = await chant(repo, ["split", A, "--yes"], { limitMs: LIMIT_MS });
      expect(status, stderr).toBe(0);
      expect(await repo.read(`.chant/specs/${A}.2.md`)).toContain("# Two");
      await repo.quiet();
    },
    LIMIT_MS,
  );
});
