import { join } from "node:path";
import { expect, test } from "vitest";
import { chant, chantOk } from "../kit/chant.ts";
import { tempProject } from "../kit/spec.ts";

const A = "2026-01-01-001-aaa";
const B = "2026-01-01-002-bbb";

test("prep prints what the agent is given, byte for byte: before its run, by work --prompt, and after it failed", async () => {
  await using repo = await tempProject({
    agent: ["./agent.sh"],
    config: "work: { watch: false }\n",
    files: {
      "agent.sh":
        '#!/bin/sh\ncat >"$CHANT_HOME/got-$CHANT_SPEC_ID"\n[ "$CHANT_SPEC_ID" = 2026-01-01-001-aaa ] || exit 3\nchant tick --all\n',
      ".chant/prompts/own.md":
        "---\nextends: standard\n---\n{{> parent}}\n\nIn {{worktree}} on {{branch}}, try {{attempt}} of {{project.name}}: \u00e4\n",
    },
    specs: {
      [A]: { title: "One", front: "prompt: own\n", body: "Words with {{title}} in them.\r\nTwo.  " },
      [B]: { title: "Two" },
    },
  });
  await repo.git("update-index", "--chmod=+x", "agent.sh");
  await repo.git("commit", "--quiet", "-m", "Mode");
  await repo.git("checkout", "--quiet", "--force", "HEAD");
  const before = await chantOk(repo, ["prep", "aaa"]);
  expect(before).toContain(`In ${join(repo.worktrees, `chant-${A}`)} on chant/${A}, try 1 of `);
  await chantOk(repo, ["work", "aaa"]);
  expect(await repo.read(`got-${A}`)).toBe(before);

  const other = await chantOk(repo, ["prep", "bbb", "--prompt", "own"]);
  expect(other).not.toBe(await chantOk(repo, ["prep", "bbb"]));
  expect((await chant(repo, ["work", "bbb", "--prompt", "own"])).status).toBe(1);
  expect(await repo.read(`got-${B}`)).toBe(other);
  expect(await chantOk(repo, ["prep", "bbb"])).toBe(other);

  const wrong = await chant(repo, ["work", "bbb", "--prompt", "ownn"]);
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toContain('Did you mean "own"?');
});
