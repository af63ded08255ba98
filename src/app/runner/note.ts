import { join } from "node:path";
import { appendLines } from "../../host/files.ts";
import type { Launch } from "../engine/launch.ts";

/** Writes what chant itself has to say into a run's log, where no transcript is open. */
export async function note({ logs, id }: Launch, words: string): Promise<void> {
  await appendLines(join(logs, `${id}.log`), [`[${new Date().toTimeString().slice(0, 8)}] == ${words}`]);
}
