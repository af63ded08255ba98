import { afterAll } from "vitest";
import { figures } from "./figures.ts";

/** Counts what a suite tries and what came through. */
export interface Tries {
  /** One more is tried; what it returns is called once it came through. */
  readonly begin: () => () => void;
  /** So many were tried, and all came through. */
  readonly passed: (count: number) => void;
}

/** Counts the tries of a suite in one file, and tells the figures at its end. */
export function triesOf(suite: string): Tries {
  let [tried, survived] = [0, 0];
  afterAll(() => {
    if (tried > 0) figures(suite, { tried, "came through": survived });
  });
  return {
    begin: () => {
      tried += 1;
      return () => void (survived += 1);
    },
    passed: (count) => {
      tried += count;
      survived += count;
    },
  };
}
