import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { storeReadOnly } from "../../src/host/object-file.ts";
import { eventually } from "../kit/eventually.ts";
import { tempFolder } from "../kit/temp-repo.ts";

test("an object is stored though somebody removes its folder whenever that is empty", async () => {
  await using place = await tempFolder();
  const folder = join(place.path, "aa");
  // As git gc does it, without a pause.
  const code = `const fs = require("node:fs");
for (;;) { try { fs.rmdirSync(process.argv[1]); fs.writeSync(1, "."); } catch {} }`;
  const busy = spawn(process.execPath, ["-e", code, folder]);
  let removed = 0;
  busy.stdout.on("data", (chunk: Buffer) => (removed += chunk.length));
  const ended = new Promise((resolve) => busy.once("close", resolve));
  try {
    await eventually("it has met many empty folders", [], () => {
      for (let n = 0; n < 200; n += 1) {
        storeReadOnly(folder, "object", `aside-${n}`, () => Buffer.from("content"));
        expect(readFileSync(join(folder, "object"), "utf8")).toBe("content");
        rmSync(join(folder, "object"));
      }
      return removed > 500;
    });
  } finally {
    busy.kill("SIGKILL");
    await ended;
  }
});
