import type { SpecId } from "../domain/id.ts";
import { STATUSES, type Status } from "../domain/status.ts";
import type { FileStamp } from "./spec-cache.ts";

/** What it takes to pass over a spec. */
export interface SpecHead {
  readonly status: Status | "broken";
  readonly dependsOn: readonly SpecId[];
}

/** One spec of a table: an empty stamp is none. */
export interface HeadRow extends SpecHead {
  readonly id: SpecId;
  readonly stamp: string;
}

/** As the table is kept: a line a spec, and four numbers a spec in the same order. */
export interface PackedHeads {
  readonly lines: string;
  readonly stamps: Uint8Array;
}

const WIDTH = 4;

export function packHeads(rows: Iterable<HeadRow>): PackedHeads {
  const lines: string[] = [];
  const numbers: number[] = [];
  for (const { id, stamp, status, dependsOn } of rows) {
    lines.push(`${id}\t${status}\t${dependsOn.length === 0 ? "" : JSON.stringify(dependsOn)}`);
    const parts = stamp.split(" ").map(Number);
    // NaN is the same as nothing.
    for (let at = 0; at < WIDTH; at += 1) numbers.push(parts.length === WIDTH ? (parts[at] ?? NaN) : NaN);
  }
  return { lines: lines.join("\n"), stamps: new Uint8Array(new Float64Array(numbers).buffer) };
}

/**
 * The heads of thousands of specs. Times and sizes are compared as numbers, and of a line no more is looked at than was
 * asked for: making texts and objects of all of them takes longer than looking at the files.
 */
export class SpecHeads {
  readonly #lines: readonly string[];
  readonly #stamps: Float64Array;
  #places: ReadonlyMap<SpecId, number> | undefined;
  /** Where the last one that was asked for stands: they come in the same order again, most of the time. */
  #last = -1;

  constructor({ lines, stamps }: PackedHeads = { lines: "", stamps: new Uint8Array() }) {
    this.#lines = lines === "" ? [] : lines.split("\n");
    this.#stamps = new Float64Array(stamps.slice(0, stamps.length - (stamps.length % 8)).buffer);
    // What is not whole is as good as none.
    if (this.#stamps.length !== this.#lines.length * WIDTH) this.#lines = [];
  }

  get size(): number {
    return this.#lines.length;
  }

  /** Returns what is known of a spec whose file has this stamp; undefined where it has another. */
  of(id: SpecId, { ino, size, mtimeMs, ctimeMs }: FileStamp): SpecHead | undefined {
    const at = this.#placeOf(id);
    if (at === undefined) return undefined;
    const [stamps, from] = [this.#stamps, at * WIDTH];
    const isSame =
      stamps[from] === ino &&
      stamps[from + 1] === size &&
      stamps[from + 2] === mtimeMs &&
      stamps[from + 3] === ctimeMs;
    return isSame ? headIn(this.#lines[at] ?? "") : undefined;
  }

  #placeOf(id: SpecId): number | undefined {
    const next = this.#lines[this.#last + 1];
    if (next?.startsWith(id) === true && next[id.length] === "\t") this.#last += 1;
    else this.#last = this.#findPlace(id) ?? this.#last;
    const line = this.#lines[this.#last];
    return line?.startsWith(id) === true && line[id.length] === "\t" ? this.#last : undefined;
  }

  #findPlace(id: SpecId): number | undefined {
    this.#places ??= new Map(this.#lines.map((line, at) => [line.slice(0, line.indexOf("\t")), at]));
    return this.#places.get(id);
  }
}

const NONE: readonly SpecId[] = [];

function headIn(line: string): SpecHead | undefined {
  const first = line.indexOf("\t");
  const second = line.indexOf("\t", first + 1);
  const status = KNOWN.get(line.slice(first + 1, second));
  if (status === undefined) return undefined;
  const depends = line.slice(second + 1);
  // Checked: the file is of this very build, which wrote it with `packHeads`.
  return { status, dependsOn: depends === "" ? NONE : (JSON.parse(depends) as readonly SpecId[]) };
}

const KNOWN: ReadonlyMap<string, SpecHead["status"]> = new Map(
  [...STATUSES, "broken" as const].map((status) => [status, status]),
);
