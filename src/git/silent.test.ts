import { expect, test } from "vitest";
import { isSilentExclude, SILENT_LINE } from "./silent.ts";

test.each([SILENT_LINE, ".chant/", "/.chant", ".chant", "# mine\n*.log\r\n.chant/\r\nx", "  .chant/  "])(
  "%j keeps a project silent",
  (text) => expect(isSilentExclude(text)).toBe(true),
);

test.each(["", "# .chant/", "!.chant/", ".chant/.store", "x/.chant/", ".chant-status.json", "*.chant"])(
  "%j does not",
  (text) => expect(isSilentExclude(text)).toBe(false),
);
