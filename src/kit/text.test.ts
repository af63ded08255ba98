import fc from "fast-check";
import { expect, test } from "vitest";
import { law } from "../../test/kit/law.ts";
import { closest, columns, escapeTerminal, formatDuration, plural, textWidth, truncate } from "./text.ts";

test("what could drive a terminal is shown instead", () => {
  expect(escapeTerminal("\u001b[2Jgone\r\b\u007f")).toBe(String.raw`\x1b[2Jgone\x0d\x08\x7f`);
  expect(escapeTerminal("\u001bPdcs\u001b\\ \u009b31m \u0090q")).toBe(
    String.raw`\x1bPdcs\x1b\ \x9b31m \x90q`,
  );
  expect(escapeTerminal("user\u202egnp.exe\u2066")).toBe(String.raw`user\u202egnp.exe\u2066`);
  expect(escapeTerminal("half \ud83d")).toBe(String.raw`half \ud83d`);
  expect(escapeTerminal("a\tb\nc\u2028d")).toBe(String.raw`a\tb\nc\u2028d`);
  expect(escapeTerminal("a\tb\nc\r\n", { keepLayout: true })).toBe("a\tb\nc\\x0d\n");
  expect(escapeTerminal("Grüße, 世界, 👩‍💻")).toBe("Grüße, 世界, 👩‍💻");
});

/** Any characters, halves of characters, and what terminals take as commands. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "\ud83d",
        "\udc00",
        "\u001b[2J",
        "\u009b31m",
        "\u001b]0;x\u0007",
        "\r\n",
        "\n",
        "\t",
        "\b",
      ),
    ),
  )
  .map((parts) => parts.join(""));

test("law: nothing dangerous is left, whatever went in, and a second pass changes nothing", async () => {
  await law(
    "the escaper",
    9_000,
    fc.property(anyText, (text) => {
      const safe = escapeTerminal(text);
      expect(safe).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
      expect(escapeTerminal(safe)).toBe(safe);
    }),
  );
});

const parts = (of: string): readonly string[] => of.split(/([\n\t])/);

test("law: where the layout is kept, lines and tabs are where they were, and all else is escaped as on one line", async () => {
  await law(
    "the escaper",
    3_000,
    fc.property(anyText, (text) => {
      const shown = escapeTerminal(text, { keepLayout: true });
      expect(parts(shown)).toEqual(
        parts(text).map((part) => (/^[\n\t]$/.test(part) ? part : escapeTerminal(part))),
      );
    }),
  );
});

test("counts and durations read as people write them", () => {
  expect([plural(1, "spec"), plural(2, "spec"), plural(0, "entry", "entries")]).toEqual([
    "1 spec",
    "2 specs",
    "0 entries",
  ]);
  const said = [-5, 340, 999.6, 3200, 59_949, 59_950, 245_000, 3_599_999, 3_720_000, 183_600_000].map(
    formatDuration,
  );
  expect(said).toEqual([
    "0ms",
    "340ms",
    "1.0s",
    "3.2s",
    "59.9s",
    "1m 00s",
    "4m 05s",
    "1h 00m",
    "1h 02m",
    "2d 03h",
  ]);
});

test("columns are aligned by cells, not by code units, with no space at the end", () => {
  expect(
    columns([
      ["id", "title"],
      ["001-x7m", "世界", "x"],
      ["世", "ab"],
    ]),
  ).toBe(["id       title", "001-x7m  世界   x", "世       ab"].join("\n"));
  expect(columns([])).toBe("");
});

test("width counts cells: wide characters and emoji take two, marks none", () => {
  expect(["abc", "Grüße", "e\u0301", "世界", "✅", "⚠", "⚠\ufe0f", "⏳1"].map(textWidth)).toEqual([
    3, 5, 1, 4, 2, 1, 2, 3,
  ]);
});

test("truncate keeps within the width, wide characters included", async () => {
  expect(truncate("abcdef", 6)).toBe("abcdef");
  expect(truncate("abcdef", 4)).toBe("abc…");
  expect(truncate("世界世界", 4)).toBe("世…");
  expect(truncate("ab", 0)).toBe("");
  await law(
    "the escaper",
    3_000,
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
      expect(textWidth(truncate(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("closest finds slips of the finger and nothing far away", () => {
  const words = ["pending", "parallel", "priority", "depends_on"];
  expect(closest("dependson", words)).toBe("depends_on");
  expect(closest("paralell", words)).toBe("parallel");
  expect(closest("PENDING", words)).toBe("pending");
  expect(closest("zebra", words)).toBeUndefined();
  expect(closest("ab", ["ba"])).toBe("ba");
});
