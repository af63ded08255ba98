import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Launch } from "../../src/app/engine/launch.ts";
import { Transcript } from "../../src/app/runner/transcript.ts";
import { eventually } from "../kit/eventually.ts";
import { tempFolder } from "../kit/temp-repo.ts";

test("what could not be put into the log for a moment is there in the end", async () => {
  await using folder = await tempFolder();
  const [logs, output] = [folder.path, join(folder.path, "output.log")];
  const launch = { id: "a", run: "r", attempt: 1, launch: 1, agentName: "test", agent: { env: {} }, logs };
  await mkdir(join(logs, "a.log"));
  await writeFile(output, "one\n");
  await using transcript = await Transcript.follow(output, launch as unknown as Launch);
  await eventually("the first line is read", [], () => transcript.lastOutputMs > 0);
  transcript.note("a try that fails");
  // Of a try nothing is to be seen; one comes 200 ms after what it is for.
  const triedMs = performance.now() + 600;
  await eventually("it was tried", [], () => performance.now() > triedMs);
  await rmdir(join(logs, "a.log"));
  await writeFile(output, "two\n", { flag: "a" });
  expect((await transcript.finish()).lines).toEqual(["one", "two"]);
  const log = await readFile(join(logs, "a.log"), "utf8");
  for (const words of ["# attempt 1", "one", "a try that fails", "two"]) expect(log).toContain(words);
});
