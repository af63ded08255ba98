/** One file of the logs of a spec. `turn` numbers those that were put aside, from 1; the one that is written to has none. */
export interface LogFile {
  readonly name: string;
  readonly part: "log" | "raw";
  readonly turn?: number;
  readonly isPacked: boolean;
  readonly bytes: number;
  /** When it was written last, in milliseconds since 1970. */
  readonly atMs: number;
}

/** What is to become of the logs of one spec. */
export type LogStep =
  /** Log and raw part are put aside together: the headers of the one point into the other. */
  | { readonly kind: "put_aside"; readonly bytes: number }
  | { readonly kind: "pack"; readonly file: LogFile }
  | { readonly kind: "remove"; readonly file: LogFile };

export interface LogLimits {
  /** Undefined keeps them forever. */
  readonly retentionMs: number | undefined;
  readonly maxBytes: number;
}

/** What was written so recently is left as it is, in milliseconds. */
const FRESH_MS = 24 * 60 * 60_000;

/** Says what is to be done with the logs of a spec whose run is over. Packing what is put aside is for the next look. */
export function planLogs(files: readonly LogFile[], limits: LogLimits, nowMs: number): readonly LogStep[] {
  const { retentionMs = Infinity, maxBytes } = limits;
  const isOld = ({ atMs }: LogFile): boolean => nowMs - atMs > retentionMs;
  const live = files.filter(({ turn }) => turn === undefined);
  const steps: LogStep[] = [];
  const bytes = live.reduce((sum, file) => sum + file.bytes, 0);
  if (live.length > 0 && live.every(isOld)) {
    // The log first: a raw part without one is harmless, headers that point nowhere are not.
    for (const file of live.toSorted(logFirst)) steps.push({ kind: "remove", file });
  } else if (bytes > maxBytes || (bytes > 0 && live.every(({ atMs }) => nowMs - atMs > FRESH_MS))) {
    if (live.some(({ part }) => part === "log")) steps.push({ kind: "put_aside", bytes });
  }
  for (const file of files.filter(({ turn }) => turn !== undefined).toSorted(logFirst)) {
    if (isOld(file)) steps.push({ kind: "remove", file });
    else if (!file.isPacked) steps.push({ kind: "pack", file });
  }
  return steps;
}

const logFirst = (a: LogFile, b: LogFile): number => a.part.localeCompare(b.part);
