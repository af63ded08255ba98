import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { leasePorts, releasePorts } from "../../src/app/engine/port-leases.ts";
import { portsToTry } from "../../src/domain/ports.ts";
import { tempRepo } from "../kit/temp-repo.ts";

test("what many ask for at once never is the same port, and asked again it is as before", async () => {
  await using repo = await tempRepo({});
  const file = join(repo.path, "record");
  await writeFile(file, "");
  const holders = Array.from({ length: 8 }, (_, at) => `${repo.root}-${at}`);
  const all = await Promise.all(holders.map((holder) => leasePorts(holder, 3, [file])));
  expect(new Set(all.flat()).size).toBe(24);
  expect(await leasePorts(holders[0] ?? "", 3, [file])).toEqual(all[0]);
  // Once nothing that holds it is there, another one may have it.
  await rm(file);
  const live = join(repo.path, "live");
  await writeFile(live, "");
  await leasePorts(holders[1] ?? "", 1, [live]);
  expect(await leasePorts(holders[2] ?? "", 1, [live])).toEqual(all[2]?.slice(0, 1));
  for (const holder of holders) await releasePorts(holder);
});

test("a port on which somebody listens is passed over", async () => {
  await using repo = await tempRepo({});
  const holder = repo.root;
  const server = createServer();
  let taken = 0;
  for (const port of portsToTry(holder)) {
    server.listen({ host: "127.0.0.1", port });
    const [error] = await Promise.race([
      once(server, "listening").then(() => []),
      once(server, "error"),
    ]).catch((thrown: unknown) => [thrown]);
    taken = port;
    if (error === undefined) break;
  }
  try {
    const ports = await leasePorts(holder, 2, [repo.path]);
    expect(ports).toHaveLength(2);
    expect(ports).not.toContain(taken);
  } finally {
    server.close();
    await releasePorts(holder);
  }
});
