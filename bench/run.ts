/**
 * Prints ratios, each against a baseline of the same run: absolute times say nothing on another machine. Words on the
 * command line name the parts to run; without any, all of them run.
 */
import { idle } from "./idle.ts";
import { landing } from "./landing.ts";
import { lifecycle } from "./lifecycle.ts";
import { startup } from "./startup.ts";
import { store } from "./store.ts";

const PARTS: Readonly<Record<string, () => Promise<void>>> = { startup, store, lifecycle, landing, idle };

const names = process.argv.slice(2);
const unknown = names.find((name) => PARTS[name] === undefined);
if (unknown === undefined) {
  for (const [name, run] of Object.entries(PARTS)) {
    if (names.length === 0 || names.includes(name)) await run();
  }
} else {
  process.stderr.write(
    `There is no part "${unknown}" of the bench. There are: ${Object.keys(PARTS).join(", ")}.\n`,
  );
  process.exitCode = 2;
}
