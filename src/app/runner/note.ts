import { logLines } from "../../domain/log-line.ts";
import { appendLines } from "../../host/files.ts";
import { specLogFile } from "../../store/places.ts";
import type { Launch } from "../engine/launch.ts";

/** Writes what chant itself has to say into a run's log, where no transcript is open. */
export async function note({ logs, id }: Launch, words: string): Promise<void> {
  await appendLines(specLogFile(logs, id), logLines({ kind: "note", atMs: Date.now(), text: words }));
}
