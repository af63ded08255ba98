import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import fc from "fast-check";
import { numberOf, seedOf } from "../kit/random.ts";

/** How long each reader is tried, in milliseconds: FUZZ_MS for a long run, FUZZ_SEED to draw the same again. */
export const FUZZ_MS = numberOf("FUZZ_MS", 150);
export const FUZZ_SEED = seedOf("FUZZ_SEED");

/** An input that takes longer hangs, in milliseconds. It is far above what any takes on a busy machine. */
const HANG_MS = 5_000;

/** Inputs of 64 KiB and above, which only take long when something in them is read again and again, are drawn this seldom. */
const LARGE_WEIGHT = 1;

const ALARM = "chantFuzzed";
const call = new Script(`globalThis.${ALARM}()`);

/** Runs something that never awaits, and ends it by force when it hangs. */
function within(doing: () => void): void {
  Object.assign(globalThis, { [ALARM]: doing });
  call.runInThisContext({ timeout: HANG_MS });
}

/** Inputs that once were found to be read wrongly, one a file, by the name of what they are for: `NAME-what.txt`. */
const CORPUS = join(import.meta.dirname, "..", "fixtures", "fuzz");

/** Returns the kept cases for one reader. */
export const corpusFor = (reader: string): readonly { readonly name: string; readonly bytes: Uint8Array }[] =>
  readdirSync(CORPUS)
    .filter((name) => name.startsWith(`${reader}-`))
    .toSorted()
    .map((name) => ({ name, bytes: readFileSync(join(CORPUS, name)) }));

/** Pieces that mean something to one of the readers. */
const PIECES = [
  "---\n",
  "---",
  "\n",
  "\r\n",
  "\r",
  "\t",
  " ",
  ": ",
  ":",
  "- ",
  "  - ",
  "? ",
  "#",
  "|",
  ">-",
  "|2+",
  "&a ",
  "*a",
  "<<: *a",
  "!!str ",
  "!!binary ",
  "!x ",
  "!!js/function ",
  "%YAML 1.2\n",
  "...\n",
  "{",
  "}",
  "[",
  "]",
  ",",
  "'",
  '"',
  "\\",
  "\\u0000",
  "```",
  "~~~",
  "<!--",
  "-->",
  "- [ ] ",
  "- [x] ",
  "* [X] ",
  "## ",
  "## Acceptance Criteria\n",
  "## Script\n",
  "1. [ ] ",
  "status: ",
  "in_progress",
  "depends_on: ",
  "approval:\n  required: ",
  "retry: ",
  "null",
  "true",
  "~",
  ".inf",
  ".nan",
  "-0",
  "1e999",
  "0x",
  "9007199254740993",
  "2026-02-30",
  "2026-01-01-001-abc",
  "con",
  "../",
  "/",
  "\0",
  "\u001b[31m",
  "\u202e",
  "\ufeff",
  "\ud800",
  "é",
  "𝔘",
  "__proto__",
  "constructor",
  "toString",
  "agents:\n",
  "watch:\n",
  "defaults: ",
  "worktree: ",
] as const;

const text = (units: string): Uint8Array => Buffer.from(units, "utf8");

const pieces: fc.Arbitrary<Uint8Array> = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 6, unit: "binary" })), { maxLength: 30 })
  .map((parts) => text(parts.join("")));

/** One piece a great many times, between two others: what makes a reader that looks back hang. */
const repeated: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom("", "---\n", "---\na: ", "# T\n"),
    fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 2 }),
    fc.integer({ min: 1, max: 60_000 }),
    fc.constantFrom("", "\n---\n", "x"),
  )
  .map(([before, parts, times, after]) =>
    text(before + parts.join("").repeat(Math.min(times, Math.ceil(200_000 / parts.join("").length))) + after),
  );

/** Bytes of an input that is right, with some of them changed, cut out, doubled or replaced. */
const mutated = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(
        fc.record({
          how: fc.constantFrom("flip", "cut", "double", "put", "end"),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.integer({ min: 1, max: 40 }),
          byte: fc.integer({ min: 0, max: 255 }),
          piece: fc.constantFrom(...PIECES),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    )
    .map(([seed, changes]) => {
      let bytes = Buffer.from(seed);
      for (const { how, at, length, byte, piece } of changes) {
        const from = Math.floor(at * bytes.length);
        const [before, slice, after] = [
          bytes.subarray(0, from),
          bytes.subarray(from, from + length),
          bytes.subarray(from + length),
        ];
        if (how === "flip") bytes = Buffer.concat([before, Buffer.of(byte), bytes.subarray(from + 1)]);
        if (how === "cut") bytes = Buffer.concat([before, after]);
        if (how === "double") bytes = Buffer.concat([before, slice, slice, after]);
        if (how === "put") bytes = Buffer.concat([before, text(piece), slice, after]);
        if (how === "end") bytes = before;
      }
      return bytes;
    });

/** Everything that may stand in a file, from right to raw. */
export const inputs = (seeds: readonly (string | Uint8Array)[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 30, arbitrary: mutated(seeds.map((seed) => (typeof seed === "string" ? text(seed) : seed))) },
    { weight: 20, arbitrary: pieces },
    { weight: 10, arbitrary: fc.json().map(text) },
    { weight: 10, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    { weight: LARGE_WEIGHT, arbitrary: repeated },
  );

/** Tries a reader until its time is over, and returns how many inputs that were. */
export function fuzz(arbitrary: fc.Arbitrary<Uint8Array>, reader: (bytes: Uint8Array) => void): number {
  let tried = 0;
  fc.assert(
    fc.property(arbitrary, (bytes) => {
      tried += 1;
      within(() => reader(bytes));
    }),
    {
      seed: FUZZ_SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      plugins: [fc.interruptAfterTimeLimit(FUZZ_MS)],
    },
  );
  return tried;
}
