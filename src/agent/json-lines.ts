import type { AgentEvent } from "../domain/agent-event.ts";
import { type JsonObject, parseObject } from "./json.ts";
import type { TranscriptReader } from "./provider.ts";

type Events = readonly AgentEvent[];

/** Reads a program that prints one JSON object a line, and other words between; those are messages unless `plain` knows better. */
export const jsonLines = (
  eventsOf: (line: JsonObject) => Events,
  plain: (text: string) => Events | undefined = () => undefined,
): TranscriptReader => ({
  line(text) {
    const line = parseObject(text);
    if (line !== undefined) return eventsOf(line);
    return text.trim() === "" ? [] : (plain(text.trim()) ?? [{ kind: "message", text }]);
  },
});

/** Returns all that an agent said in words, as its answer to a question. */
export function saidIn(reader: TranscriptReader, output: string): string {
  return output
    .split("\n")
    .flatMap((line) => reader.line(line))
    .flatMap((event) => (event.kind === "message" ? [event.text] : []))
    .join("\n");
}
