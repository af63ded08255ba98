import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hermeticEnv, REPOSITORY_MARK } from "../kit/environment.ts";
import { eventually } from "../kit/eventually.ts";
import { processesWith, run } from "../kit/process.ts";
import { tempFolder } from "../kit/temp-repo.ts";

const DEMO = join(import.meta.dirname, "..", "..", "demo", "demo.ts");

// The demo starts bin/chant, which takes the executable: a second time would show the same.
test.runIf(process.env["CHANT_UNDER_TEST"] === "exe")(
  "the demo: six specs land, two wait for a person, and nothing runs on",
  async () => {
    await using folder = await tempFolder();
    const env = hermeticEnv(folder.path, { TMPDIR: folder.path });
    const { status, stdout, stderr } = await run(process.execPath, [DEMO], { cwd: folder.path, env }, 60_000);
    expect({ status, stderr: status === 0 ? "" : stderr + stdout }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Six specs landed, two wait for a person");
    expect(stdout).toContain('criterion 2 of 2 is not ticked: "The mail has arrived"');
    expect(stdout).toContain("conflicts with main in README.md");
    const made = /^The project is in (.+)\.$/m.exec(stdout)?.[1] ?? "";
    expect(made.startsWith(folder.path)).toBe(true);
    expect(existsSync(made)).toBe(true);
    await eventually(
      "nothing runs on",
      [],
      () => processesWith(REPOSITORY_MARK, folder.path).length === 0,
      2_000,
    );
  },
);
