import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TempRepo } from "../kit/temp-repo.ts";
import type { RealAgent } from "./programs.ts";

const FIXTURES = join(import.meta.dirname, "..", "fixtures");

/**
 * Keeps what a program has printed when it goes out of scope, as a fixture of the default suite, without what is of this
 * machine alone. Only with `CHANT_RECORD_AGENTS=1`.
 */
export const recording = (repo: TempRepo, agent: RealAgent, id: string, name: string): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    if (process.env["CHANT_RECORD_AGENTS"] !== "1") return;
    const folder = join(FIXTURES, `${agent.name.replaceAll(/\W+/g, "-").replace(/-$/, "")}-${agent.version}`);
    await mkdir(folder, { recursive: true });
    const log = `.chant/logs/${id}.raw`;
    // Some print nothing at all while they wait.
    const raw = repo.has(log) ? await repo.read(log) : "";
    await writeFile(join(folder, `${name}.jsonl`), masked(raw, repo.root));
  },
});

/** Masks paths, ids, times and addresses, each id as another one. */
function masked(text: string, root: string): string {
  const ids = new Map<string, string>();
  const stand = (id: string): string => {
    const found = ids.get(id) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, "0")}`;
    ids.set(id, found);
    return found;
  };
  return text
    .replaceAll(root, "/test")
    .replaceAll(/\/[^"\s]*\/node_modules\//g, "/agents/node_modules/")
    .replaceAll(/\/[-\w./]*chant-test-[-\w.]+/g, "/tmp/chant-test")
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "http://127.0.0.1:8080")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, stand)
    .replaceAll(
      /\b(ses|prt|msg)_[0-9A-Za-z]{20,}\b/g,
      (id, kind: string) => `${kind}_${stand(id).slice(-12)}`,
    )
    .replaceAll(/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.:]\d+)?Z/g, "2026-11-21T12:00:00.000Z")
    .replaceAll(
      /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT/g,
      "Sat, 21 Nov 2026 12:00:00 GMT",
    )
    .replaceAll(/(gemini-client-error)[-\w.]+\.json/g, "$1.json")
    .replaceAll(/("(?:timestamp|start|end)": ?)1\d{12}\b/g, "$11795262400000");
}
