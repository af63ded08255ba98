import { join } from "node:path";
import { statIfExists } from "../host/files.ts";
import { RotatingLog } from "../host/rotating-log.ts";
import { openWorkspace } from "./workspace.ts";

/** Writes a fault of chant's own to .chant/logs/error.log, and returns that path; undefined where there is no .chant. */
export async function writeErrorLog(
  cwd: string,
  argv: readonly string[],
  details: string,
): Promise<string | undefined> {
  try {
    const { places } = await openWorkspace(cwd, process.env);
    if ((await statIfExists(places.chant)) === undefined) return undefined;
    const path = join(places.logs, "error.log");
    const lines = [`${new Date().toISOString()} chant ${JSON.stringify(argv)}`, details, ""];
    return new RotatingLog(path).append(lines.join("\n")) ? path : undefined;
  } catch {
    // Whatever kept it from being written must not hide the fault itself.
    return undefined;
  }
}
