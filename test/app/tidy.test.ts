import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSession } from "../../src/app/engine/session.ts";
import { tidyIfDue } from "../../src/app/tidy.ts";
import { findRepository } from "../../src/git/repository.ts";
import { tempProject } from "../kit/spec.ts";

const [A, B] = ["2026-01-01-001-aaa", "2026-01-01-002-bbb"];

test("a log that cannot be packed keeps no other from it, and is told", async () => {
  await using repo = await tempProject();
  const told: string[] = [];
  using session = await openSession(await findRepository(repo.path), (event) => {
    if (event.kind === "warning") told.push(event.message);
  });
  const { logs } = session.engine.places;
  await mkdir(join(logs, `${A}.log.1.gz`), { recursive: true });
  await writeFile(join(logs, `${A}.log.1`), "a\n");
  await writeFile(join(logs, `${B}.log.1`), "b\n");
  await tidyIfDue(session);
  const names = (await readdir(logs)).filter((name) => name.startsWith("2026"));
  expect(names.toSorted()).toEqual([`${A}.log.1`, `${A}.log.1.gz`, `${B}.log.1.gz`]);
  expect(told).toEqual([expect.stringMatching(/^Not everything was tidied up: /)]);
});
