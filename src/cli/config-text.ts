import type { ShownKey } from "../domain/config-show.ts";
import { columns, escapeTerminal } from "../kit/text.ts";

/** Returns keys in columns: name, value as JSON, and the file and line that say so. */
export const configLines = (keys: readonly ShownKey[]): string =>
  columns(
    keys.map(({ key, value, source, file, line }) => [
      key,
      value === undefined ? "-" : escapeTerminal(JSON.stringify(value)),
      source === "default" ? source : escapeTerminal(`${file ?? ""}:${line ?? 0}`),
    ]),
  );
