import { readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AGENT_NOTES } from "../../src/domain/agent-notes.ts";
import { chantInProcess } from "../kit/in-process.ts";
import { tempRepo } from "../kit/temp-repo.ts";

const NOTES = AGENT_NOTES.trim();

test("init tells agents of the rules between its marks, and leaves the rest of the file alone", async () => {
  await using repo = await tempRepo({ "AGENTS.md": "# Mine\r\n\r\nWords without an end" });
  const init = (...more: readonly string[]) => chantInProcess(repo, ["init", ...more]);
  expect((await init("--agent", "./agent.sh")).stderr).toContain("  noted  AGENTS.md\n");
  const text = await repo.read("AGENTS.md");
  expect(text.startsWith("# Mine\r\n\r\nWords without an end\r\n<!-- chant:begin")).toBe(true);
  expect(text.replaceAll("\r\n", "\n")).toContain(NOTES);
  expect(repo.has("CLAUDE.md")).toBe(false);

  expect((await init("--agent", "./agent.sh")).stderr).toContain("nothing was changed");
  expect(await repo.read("AGENTS.md")).toBe(text);

  // An older chant's notes are renewed wherever they are, also without --agent; what stands around them stays.
  const old = `Above.\n<!-- chant:begin -->\nOld words.\n<!-- chant:end -->\nBelow.\n`;
  await repo.write({ "CLAUDE.md": old });
  expect((await init()).stderr).toContain("  noted  CLAUDE.md\n");
  const renewed = await repo.read("CLAUDE.md");
  expect(renewed).toContain(NOTES);
  expect(renewed).toMatch(/^Above\.\n<!-- chant:begin[^]*-->\nBelow\.\n$/);

  expect((await init("--no-notes")).stderr).toContain("  cleared  AGENTS.md\n  cleared  CLAUDE.md\n");
  expect(await repo.read("AGENTS.md")).toBe("# Mine\r\n\r\nWords without an end");
  expect(await repo.read("CLAUDE.md")).toBe("Above.\nBelow.\n");
});

test("for claude there is CLAUDE.md as well; files that held nothing else go again", async () => {
  await using repo = await tempRepo();
  await chantInProcess(repo, ["init", "--agent", "/opt/bin/claude -p"]);
  expect([repo.has("AGENTS.md"), repo.has("CLAUDE.md")]).toEqual([true, true]);
  await chantInProcess(repo, ["init", "--no-notes"]);
  expect([repo.has("AGENTS.md"), repo.has("CLAUDE.md")]).toEqual([false, false]);
});

test("a link is left, and marks that do not pair are refused with nothing written", async () => {
  await using repo = await tempRepo({ "AGENTS.md": "Mine.\n" });
  await symlink("AGENTS.md", join(repo.path, "CLAUDE.md"));
  await chantInProcess(repo, ["init", "--agent", "claude"]);
  expect(await readlink(join(repo.path, "CLAUDE.md"))).toBe("AGENTS.md");
  expect((await repo.read("AGENTS.md")).split("chant:begin")).toHaveLength(2);

  await using torn = await tempRepo({ "AGENTS.md": "Mine.\n<!-- chant:begin -->\n" });
  const { status, stderr } = await chantInProcess(torn, ["init", "--agent", "claude"]);
  expect(status).toBe(1);
  expect(stderr).toContain("AGENTS.md has one of chant's marks without the other");
  expect([torn.has(".chant"), torn.has("CLAUDE.md")]).toEqual([false, false]);
});
