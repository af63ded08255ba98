import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Runners } from "../../src/app/engine/runners.ts";
import { tempFolder } from "../kit/temp-repo.ts";

/** Stands for chant as a runner: notes which process does which launch, waits, and writes how it ended. */
const RUNNER = `trap "" PIPE
launch() { echo "$2 $$" >>"$1/who"; [ "$2" = 1 ] || while [ ! -e "$1/go" ]; do sleep 0.01; done; echo {} >"$1/end-$2.json"; echo; }
launch "$2" "$3"
while IFS='"' read -r _ _ _ folder _ _ number; do
  number=\${number#:}
  launch "$folder" "\${number%\\}}"
done`;

test("two launches at once are never handed to one runner, and none is left at the end", async () => {
  await using folder = await tempFolder();
  const { path } = folder;
  await writeFile(join(path, "chant.sh"), RUNNER);
  using runners = new Runners({ argv: ["/bin/sh", join(path, "chant.sh")], binFolder: path });
  const launch = (number: number): Promise<{ readonly done: Promise<void> }> =>
    runners.launch({ folder: path, launch: number });
  await (
    await launch(1)
  ).done;
  const two = await Promise.all([launch(2), launch(3)]);
  await writeFile(join(path, "go"), "");
  for (const { done } of two) await done;
  await (
    await launch(4)
  ).done;
  const who = new Map(
    readFileSync(join(path, "who"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );
  expect(who.size).toBe(4);
  expect(who.get("2")).not.toBe(who.get("3"));
  expect(new Set(who.values()).size).toBe(2);
  await runners.rest();
  for (const pid of new Set(who.values())) expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH");
});
